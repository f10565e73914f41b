import { api, Hydrated, prefetch, prefetchFirstPage } from '@/app/_trpc/server.tsx';
import { PromotionList } from '@/components/promotions/promotion-list.tsx';
import { promotionPages } from '@/components/promotions/promotion-pages.ts';

export default function Page() {
  prefetchFirstPage(api.promotions.list.infiniteQueryOptions({}, promotionPages));
  prefetch(api.promotions.open.queryOptions());
  return (
    <Hydrated>
      <PromotionList />
    </Hydrated>
  );
}

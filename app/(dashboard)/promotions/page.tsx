import { api, Hydrated, prefetchFirstPage } from '@/app/_trpc/server.tsx';
import { PromotionList } from '@/components/promotions/promotion-list.tsx';
import { promotionPages } from '@/components/promotions/promotion-pages.ts';

export default function Page() {
  prefetchFirstPage(api.promotions.list.infiniteQueryOptions({}, promotionPages));
  return (
    <Hydrated>
      <PromotionList />
    </Hydrated>
  );
}

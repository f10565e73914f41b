import { api, fetchOrNotFound, Hydrated, prefetchFirstPage } from '@/app/_trpc/server.tsx';
import { PromotionPage } from '@/components/promotions/promotion-page.tsx';
import { promotionPages } from '@/components/promotions/promotion-pages.ts';

export default async function Page({ params }: { params: Promise<{ promotionId: string }> }) {
  const { promotionId } = await params;
  await fetchOrNotFound(api.promotions.get.queryOptions({ promotionId }));
  prefetchFirstPage(api.promotions.changes.infiniteQueryOptions({ promotionId, limit: 100 }, promotionPages));
  return (
    <Hydrated>
      <PromotionPage promotionId={promotionId} />
    </Hydrated>
  );
}

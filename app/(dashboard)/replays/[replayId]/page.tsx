import { api, fetchOrNotFound, Hydrated, prefetch, prefetchWhole } from '@/app/_trpc/server.tsx';
import { PromotionsOfReplay } from '@/components/promotions/of-replay.tsx';
import { ReplayPage } from '@/components/replays/replay-page.tsx';

export default async function Page({ params }: { params: Promise<{ replayId: string }> }) {
  const { replayId } = await params;
  await Promise.all([
    fetchOrNotFound(api.replays.get.queryOptions({ replayId })),
    prefetchWhole(api.promotions.ofReplay.queryOptions({ replayId })),
  ]);
  prefetch(api.approvals.of.queryOptions({ replayId }));
  return (
    <Hydrated>
      <ReplayPage replayId={replayId} promotions={<PromotionsOfReplay replayId={replayId} />} />
    </Hydrated>
  );
}

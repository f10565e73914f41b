import { api, fetchOrNotFound, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { ReplayPage } from '@/components/replays/replay-page.tsx';

export default async function Page({ params }: { params: Promise<{ replayId: string }> }) {
  const { replayId } = await params;
  await fetchOrNotFound(api.replays.get.queryOptions({ replayId }));
  prefetch(api.approvals.of.queryOptions({ replayId }));
  return (
    <Hydrated>
      <ReplayPage replayId={replayId} />
    </Hydrated>
  );
}

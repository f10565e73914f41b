import { api, fetchOrNotFound, Hydrated } from '@/app/_trpc/server.tsx';
import { RunPage } from '@/components/runs/run-page.tsx';

export default async function Page({ params }: { params: Promise<{ runId: string }> }) {
  const { runId } = await params;
  await fetchOrNotFound(api.runs.get.queryOptions({ runId }));
  return (
    <Hydrated>
      <RunPage runId={runId} />
    </Hydrated>
  );
}

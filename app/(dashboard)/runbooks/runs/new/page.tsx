import { createLoader, parseAsString, type SearchParams } from 'nuqs/server';
import { api, fetchOrNotFound, Hydrated } from '@/app/_trpc/server.tsx';
import { BeginPage } from '@/components/runs/begin-page.tsx';

const load = createLoader({ runbook: parseAsString.withDefault(''), incident: parseAsString });

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const { runbook: runbookId, incident: incidentId } = await load(searchParams);
  await fetchOrNotFound(api.runs.propose.queryOptions({ runbookId, incidentId }));
  return (
    <Hydrated>
      <BeginPage runbookId={runbookId} incidentId={incidentId} />
    </Hydrated>
  );
}

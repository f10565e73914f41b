import { createLoader, type SearchParams } from 'nuqs/server';
import { api, fetchOrNotFound, Hydrated } from '@/app/_trpc/server.tsx';
import { RunbookDocument } from '@/components/runbooks/runbook-document.tsx';
import { runbookFilters } from '@/components/runbooks/runbook-filters.ts';

const load = createLoader(runbookFilters);

export default async function Page({
  params,
  searchParams,
}: {
  params: Promise<{ runbookId: string }>;
  searchParams: Promise<SearchParams>;
}) {
  const runbookId = decodeURIComponent((await params).runbookId);
  const { version } = await load(searchParams);
  await fetchOrNotFound(api.runbooks.get.queryOptions({ runbookId, digest: version }));
  return (
    <Hydrated>
      <RunbookDocument runbookId={runbookId} digest={version} />
    </Hydrated>
  );
}

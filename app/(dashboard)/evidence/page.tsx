import { createLoader, type SearchParams } from 'nuqs/server';
import { api, Hydrated, prefetch, prefetchFirstPage } from '@/app/_trpc/server.tsx';
import { evidenceFilters, evidenceListInput } from '@/components/evidence/evidence-filters.ts';
import { EvidenceList } from '@/components/evidence/evidence-list.tsx';
import { LogPanel } from '@/components/evidence/log-panel.tsx';

const readFilters = createLoader(evidenceFilters);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const filter = await readFilters(searchParams);
  prefetch(api.evidence.facets.queryOptions());
  prefetch(api.evidence.log.queryOptions());
  prefetch(api.views.list.queryOptions({ page: 'evidence' }));
  prefetchFirstPage(
    api.evidence.list.infiniteQueryOptions(evidenceListInput(filter), {
      getNextPageParam: (page) => page.next ?? undefined,
    }),
  );
  return (
    <Hydrated>
      <EvidenceList />
      <LogPanel />
    </Hydrated>
  );
}

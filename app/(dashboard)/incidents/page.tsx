import { createLoader, type SearchParams } from 'nuqs/server';
import { api, Hydrated, prefetch, prefetchFirstPage } from '@/app/_trpc/server.tsx';
import { incidentFilters, incidentListInput, nextPage } from '@/components/incidents/incident-filters.ts';
import { IncidentList } from '@/components/incidents/incident-list.tsx';

const load = createLoader(incidentFilters);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  prefetch(api.incidents.open.queryOptions());
  prefetch(api.contracts.list.queryOptions());
  prefetchFirstPage(
    api.incidents.list.infiniteQueryOptions(incidentListInput(await load(searchParams)), nextPage),
  );
  return (
    <Hydrated>
      <IncidentList />
    </Hydrated>
  );
}

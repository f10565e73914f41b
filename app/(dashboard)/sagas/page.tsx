import { createLoader, type SearchParams } from 'nuqs/server';
import { api, Hydrated, prefetch, prefetchFirstPage } from '@/app/_trpc/server.tsx';
import { attentionInput, sagaFilters, sagaListInput, sagaPages } from '@/components/sagas/saga-filters.ts';
import { SagasPage } from '@/components/sagas/sagas-page.tsx';

const readFilters = createLoader(sagaFilters);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const filter = await readFilters(searchParams);
  prefetch(api.sagas.summaries.queryOptions());
  prefetch(api.sagas.list.queryOptions(attentionInput(filter)));
  prefetchFirstPage(api.sagas.list.infiniteQueryOptions(sagaListInput(filter), sagaPages));
  return (
    <Hydrated>
      <SagasPage />
    </Hydrated>
  );
}

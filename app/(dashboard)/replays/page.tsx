import { createLoader, type SearchParams } from 'nuqs/server';
import { api, Hydrated, prefetch, prefetchFirstPage } from '@/app/_trpc/server.tsx';
import { nextPage, replayFilters, replayListInput } from '@/components/replays/replay-filters.ts';
import { ReplayList } from '@/components/replays/replay-list.tsx';

const readFilters = createLoader(replayFilters);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const filter = await readFilters(searchParams);
  prefetch(api.contracts.list.queryOptions());
  prefetch(api.replays.open.queryOptions(replayListInput(filter)));
  prefetchFirstPage(api.replays.list.infiniteQueryOptions(replayListInput(filter), nextPage));
  return (
    <Hydrated>
      <ReplayList />
    </Hydrated>
  );
}

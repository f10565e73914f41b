import { createLoader, type SearchParams } from 'nuqs/server';
import { api, Hydrated, prefetch, prefetchFirstPage } from '@/app/_trpc/server.tsx';
import { DeadLettersPage } from '@/components/dead-letters/dead-letters-page.tsx';
import {
  letterFilters,
  letterListInput,
  letterPages,
  topicsInput,
} from '@/components/dead-letters/letter-filters.ts';

const readFilters = createLoader(letterFilters);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const filter = await readFilters(searchParams);
  prefetch(api.deadLetters.topics.queryOptions(topicsInput(filter)));
  prefetch(api.deadLetters.redrives.queryOptions());
  prefetchFirstPage(api.deadLetters.list.infiniteQueryOptions(letterListInput(filter), letterPages));
  return (
    <Hydrated>
      <DeadLettersPage />
    </Hydrated>
  );
}

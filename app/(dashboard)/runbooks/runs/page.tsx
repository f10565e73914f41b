import { api, Hydrated, prefetchFirstPage } from '@/app/_trpc/server.tsx';
import { RunList } from '@/components/runs/run-list.tsx';
import { nextPage, runListInput } from '@/components/runs/run-list-input.ts';

export default function Page() {
  prefetchFirstPage(api.runs.list.infiniteQueryOptions(runListInput, nextPage));
  return (
    <Hydrated>
      <RunList />
    </Hydrated>
  );
}

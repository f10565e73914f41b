import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { RunbookList } from '@/components/runbooks/runbook-list.tsx';

export default function Page() {
  prefetch(api.runbooks.list.queryOptions());
  return (
    <Hydrated>
      <RunbookList />
    </Hydrated>
  );
}

import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { ReplayList } from '@/components/replays/replay-list.tsx';

export default function Page() {
  prefetch(api.contracts.list.queryOptions());
  return (
    <Hydrated>
      <ReplayList />
    </Hydrated>
  );
}

import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { NewReplay } from '@/components/replays/new-replay.tsx';

export default function Page() {
  prefetch(api.contracts.list.queryOptions());
  return (
    <Hydrated>
      <NewReplay />
    </Hydrated>
  );
}

import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { LagList } from '@/components/lag/lag-list.tsx';

export default function Page() {
  prefetch(api.lag.list.queryOptions());
  return (
    <Hydrated>
      <LagList />
    </Hydrated>
  );
}

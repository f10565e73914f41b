import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { StatesIndex } from '@/components/states/states-index.tsx';

export default function Page() {
  prefetch(api.contracts.list.queryOptions());
  return (
    <Hydrated>
      <StatesIndex />
    </Hydrated>
  );
}

import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { ContractList } from '@/components/contracts/contract-list.tsx';

export default function Page() {
  prefetch(api.contracts.list.queryOptions());
  prefetch(api.overview.get.queryOptions());
  return (
    <Hydrated>
      <ContractList />
    </Hydrated>
  );
}

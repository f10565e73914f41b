import { api, fetchOrNotFound, Hydrated } from '@/app/_trpc/server.tsx';
import { ContractPage } from '@/components/contracts/contract-page.tsx';

export default async function Page({ params }: { params: Promise<{ contractId: string }> }) {
  const contractId = decodeURIComponent((await params).contractId);
  await fetchOrNotFound(api.contracts.get.queryOptions({ contractId }));
  return (
    <Hydrated>
      <ContractPage contractId={contractId} />
    </Hydrated>
  );
}

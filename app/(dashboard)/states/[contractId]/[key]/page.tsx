import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { KeyPage } from '@/components/states/key-page.tsx';

export default async function Page({
  params,
  searchParams,
}: {
  params: Promise<{ contractId: string; key: string }>;
  searchParams: Promise<{ replay?: string | string[] }>;
}) {
  const path = await params;
  const contractId = decodeURIComponent(path.contractId);
  const key = decodeURIComponent(path.key);
  const { replay } = await searchParams;
  prefetch(
    api.states.key.queryOptions({
      contractId,
      replayId: typeof replay === 'string' ? replay : undefined,
      key,
    }),
  );
  return (
    <Hydrated>
      <KeyPage contractId={contractId} stateKey={key} />
    </Hydrated>
  );
}

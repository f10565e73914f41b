import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { StatesPage } from '@/components/states/states-page.tsx';

export default async function Page({
  params,
  searchParams,
}: {
  params: Promise<{ contractId: string }>;
  searchParams: Promise<{ replay?: string | string[] }>;
}) {
  const contractId = decodeURIComponent((await params).contractId);
  const { replay } = await searchParams;
  prefetch(
    api.states.get.queryOptions({ contractId, replayId: typeof replay === 'string' ? replay : undefined }),
  );
  return (
    <Hydrated>
      <StatesPage contractId={contractId} />
    </Hydrated>
  );
}

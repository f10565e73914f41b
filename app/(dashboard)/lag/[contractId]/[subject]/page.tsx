import { api, fetchOrNotFound, Hydrated } from '@/app/_trpc/server.tsx';
import { LagPage } from '@/components/lag/lag-page.tsx';

export default async function Page({ params }: { params: Promise<{ contractId: string; subject: string }> }) {
  const asked = await params;
  const contractId = decodeURIComponent(asked.contractId);
  const subject = decodeURIComponent(asked.subject);
  await fetchOrNotFound(api.lag.get.queryOptions({ contractId, subject }));
  // Its series is asked for by the page: one that comes while the page is taken up would not be what the server drew.
  return (
    <Hydrated>
      <LagPage contractId={contractId} subject={subject} />
    </Hydrated>
  );
}

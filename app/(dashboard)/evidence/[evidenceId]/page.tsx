import { api, fetchOrNotFound, Hydrated, holds } from '@/app/_trpc/server.tsx';
import { EvidenceRecord } from '@/components/evidence/evidence-record.tsx';

export default async function Page({ params }: { params: Promise<{ evidenceId: string }> }) {
  const { evidenceId } = await params;
  await fetchOrNotFound(api.evidence.get.queryOptions({ evidenceId }));
  // Awaited: one that came between the server's rendering and the browser's would make the two differ.
  if (await holds('evidence')) await fetchOrNotFound(api.evidence.record.queryOptions({ evidenceId }));
  return (
    <Hydrated>
      <EvidenceRecord evidenceId={evidenceId} />
    </Hydrated>
  );
}

import { api, fetchOrNotFound, Hydrated, holds, prefetch } from '@/app/_trpc/server.tsx';
import { EvidenceRecord } from '@/components/evidence/evidence-record.tsx';

export default async function Page({ params }: { params: Promise<{ evidenceId: string }> }) {
  const { evidenceId } = await params;
  await fetchOrNotFound(api.evidence.get.queryOptions({ evidenceId }));
  if (await holds('evidence')) prefetch(api.evidence.record.queryOptions({ evidenceId }));
  return (
    <Hydrated>
      <EvidenceRecord evidenceId={evidenceId} />
    </Hydrated>
  );
}

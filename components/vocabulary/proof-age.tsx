import { RelativeTime } from '@/components/ui/relative-time.tsx';
import type { ContractSummary } from '@/server/application/views.ts';

/** How old a contract's proof is, and of which version where it is not of the latest one's code. */
export function ProofAge({ proof }: { proof: ContractSummary['lastProof'] }) {
  if (proof === null || proof.endedAt === null) return <span className="text-muted">never</span>;
  return (
    <>
      <RelativeTime at={proof.endedAt} />
      {proof.ofLatestCode ? null : (
        <span className="block text-xs text-muted">only of v{proof.contractVersion}</span>
      )}
    </>
  );
}

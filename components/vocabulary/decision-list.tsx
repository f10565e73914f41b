import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import type { ApprovalView } from '@/server/application/views.ts';
import { Person } from './person.tsx';

/** Who decided what, with the reason, and why it does not count where it does not. */
export function DecisionList({ decisions }: { decisions: ApprovalView['decisions'] }) {
  if (decisions.length === 0) return null;
  return (
    <ul className="divide-y divide-line border-y border-line">
      {decisions.map((decision) => (
        <li key={decision.id} className="flex flex-wrap items-baseline gap-x-4 gap-y-1 py-2 text-sm">
          <span className="min-w-28">
            <Verdict
              tone={decision.verdict === 'rejected' ? 'failed' : decision.counts ? 'verified' : 'unknown'}
            >
              {decision.verdict}
            </Verdict>
          </span>
          <span>
            <Person id={decision.personId} />, <RelativeTime at={decision.decidedAt} />
          </span>
          <span className="min-w-0 flex-1 basis-60 wrap-anywhere">“{decision.reason}”</span>
          {decision.voidReason === null ? null : (
            <span className="text-muted">does not count: {decision.voidReason}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

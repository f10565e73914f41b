import { counted } from '@/components/ui/format-number.ts';
import type { EvidencePredicate } from './predicate.ts';

/** What is said of a replay's approvals where its record shows no decision; null where it shows some. */
export function noDecisionWords({ plan, approvals, attachments }: EvidencePredicate): string | null {
  if (approvals.length > 0) return null;
  const unseen = attachments.find(({ of }) => of === 'approvals')?.count ?? 0;
  if (unseen > 0) return `${counted(unseen, 'decision')}, not shown here`;
  // Stored bytes: nothing was planned, or the plan says nothing of it.
  if (typeof plan?.approvalsNeeded !== 'number') return 'none';
  return plan.approvalsNeeded === 0 ? 'none needed' : `none given of ${plan.approvalsNeeded}`;
}

/** Who let it run without its approvals; null where nobody did. Stored bytes, and older records say nothing of it. */
export function brokenGlass({ break_glass: glass }: EvidencePredicate): EvidencePredicate['break_glass'] {
  if (typeof glass !== 'object' || glass === null) return null;
  const { incident, by, at } = glass;
  const isRead =
    typeof incident === 'string' &&
    typeof at === 'string' &&
    Array.isArray(by) &&
    by.every((each) => typeof each === 'string');
  return isRead ? glass : null;
}

import { counted, formatCount } from '@/components/ui/format-number.ts';
import type { ReplayComparison } from '@/server/application/views.ts';
import type { Answer } from './replay-sentence.ts';

/** What two replays say together: whether they read the same, made the same of it, and what became of the differences. */
export function compareAnswer(view: ReplayComparison): Answer {
  const { before, after } = view;
  if (before.contractId !== after.contractId) {
    return {
      tone: 'unknown',
      verdict: 'These replays are of two contracts, so nothing of one says anything of the other.',
      next: 'Go back and select two of one contract.',
      tab: 'two contracts',
    };
  }
  const unfinished = [before, after].find((each) => each.status !== 'finished');
  if (unfinished !== undefined) {
    return {
      tone: 'unknown',
      verdict: `Only the plans can be compared: one of the two is ${unfinished.status.replace('-', ' ')}.`,
      next: null,
      tab: 'plans only',
    };
  }
  const alike = view.planChanges.length === 0;
  if (alike && before.shadowDigest !== after.shadowDigest) {
    return {
      tone: 'failed',
      verdict: 'The same plan gave two different states.',
      next: 'Trust neither: the history or the projection is not what it was. Compare the history digests below.',
      tab: 'not reproduced',
    };
  }
  const read = alike ? 'Both read the same history and came to the same state' : planWords(view);
  return { ...differences(view, read), tab: tabOf(view) };
}

function planWords(view: ReplayComparison): string {
  const same = view.before.shadowDigest === view.after.shadowDigest;
  return `Their plans differ in ${counted(view.planChanges.length, 'point')} and their states are ${same ? 'the same' : 'not the same'}`;
}

function differences(view: ReplayComparison, read: string): Omit<Answer, 'tab'> {
  const found = view.discrepancies;
  if (found === null) {
    return {
      tone: 'unknown',
      verdict: `${read}; their differences can’t be compared key by key.`,
      next: null,
    };
  }
  const { settled, appeared, changed, same } = found;
  if (settled + appeared + changed === 0) {
    return {
      tone: same === 0 ? 'verified' : 'different',
      verdict:
        same === 0
          ? `${read}; no derived state differs in either.`
          : `${read}; the same ${counted(same, 'difference')} ${same === 1 ? 'stands' : 'stand'}.`,
      next: same === 0 ? null : 'Nothing was corrected between the two.',
    };
  }
  const parts = [
    settled > 0 ? `${counted(settled, 'difference')} settled` : null,
    appeared > 0 ? `${formatCount(appeared)} new` : null,
    changed > 0 ? `${formatCount(changed)} with other figures` : null,
    same > 0 ? `${formatCount(same)} unchanged` : null,
  ].filter((part) => part !== null);
  const worse = appeared + changed > 0;
  return {
    tone: worse || same > 0 ? 'different' : 'verified',
    verdict: `${read}; ${parts.join(', ')}.`,
    next: worse ? 'Below: the keys whose difference is new or another one.' : null,
  };
}

function tabOf({ discrepancies }: ReplayComparison): string {
  if (discrepancies === null) return 'compared';
  const { settled, appeared, changed } = discrepancies;
  if (settled + appeared + changed === 0) return 'no change';
  return `${formatCount(settled)} settled, ${formatCount(appeared + changed)} new`;
}

import { counted, formatCount, formatDuration } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import type { EvidenceHistory } from '@/server/application/views.ts';

/** Above this share of what is allowed it is said before it is too late. */
const SOON = 0.8;

/** The age of trusted evidence against what the contract allows, in a word and a sentence. */
export function ageAnswer(budget: EvidenceHistory['budget']): { tone: Tone; word: string; sentence: string } {
  const { status, ageMs, leftMs, used } = budget;
  if (status === 'never')
    return {
      tone: 'failed',
      word: 'never proven',
      sentence:
        'The contract says how old trusted evidence may be, and there is none. Replay the whole history.',
    };
  if (status === 'no-limit' || ageMs === null)
    return {
      tone: 'unknown',
      word: 'no limit',
      sentence: `The contract does not say how old its evidence may be, so no age is too old and there are no gaps. It says so with evidence: { maxAgeHours: 24 }.`,
    };
  if (status === 'overdue')
    return {
      tone: 'failed',
      word: 'overdue',
      sentence: `The latest trusted evidence is ${formatDuration(ageMs)} old, which is ${formatDuration(Math.abs(leftMs ?? 0))} more than the contract allows. Replay the whole history.`,
    };
  const soon = (used ?? 0) >= SOON;
  return {
    tone: soon ? 'different' : 'verified',
    word: soon ? 'runs out soon' : 'young enough',
    sentence: `The latest trusted evidence is ${formatDuration(ageMs)} old; ${formatDuration(leftMs ?? 0)} of what the contract allows is left.`,
  };
}

/** The strip in a sentence. */
export function stripSummary({ months, gapCount, maxAgeHours }: EvidenceHistory, over: number): string {
  const sum = (verdict: 'trusted' | 'suspect' | 'untrusted') =>
    months.reduce((all, month) => all + month[verdict], 0);
  const empty = over - months.length;
  const missing = empty > 0 ? `; ${counted(empty, 'month')} without any` : '';
  const gapped = maxAgeHours === null ? '' : `; ${counted(gapCount, 'gap')}`;
  return `Evidence of the last ${over} months: ${sum('trusted')} trusted, ${sum('suspect')} suspect, ${sum('untrusted')} untrusted${missing}${gapped}.`;
}

/** What of the gaps the table leaves out; null: nothing. */
export function gapsLeftOut({ gaps, gapCount }: Pick<EvidenceHistory, 'gaps' | 'gapCount'>): string | null {
  return gapCount > gaps.length
    ? `These are the latest ${formatCount(gaps.length)} of ${formatCount(gapCount)} gaps. The line below the months shows all of them, those together that lie within two days of each other.`
    : null;
}

import { counted, formatDuration } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import type { LagSubjectView } from '@/server/application/lag/read-lag.ts';

type Verdict = LagSubjectView['verdict'];

export const lagTone: Readonly<Record<Verdict, Tone>> = {
  ok: 'verified',
  unknown: 'unknown',
  lagging: 'different',
  stalled: 'failed',
  stopped: 'failed',
  rewound: 'different',
};

/** `OK` as the field writes it. */
export const lagWord = (verdict: Verdict) => (verdict === 'ok' ? 'OK' : verdict);

const urgency: readonly Verdict[] = ['stopped', 'stalled', 'lagging', 'rewound', 'unknown', 'ok'];

export function byUrgency(subjects: readonly LagSubjectView[]): readonly LagSubjectView[] {
  return subjects.toSorted((a, b) => urgency.indexOf(a.verdict) - urgency.indexOf(b.verdict));
}

type Answer = { readonly tone: Tone; readonly verdict: string; readonly next: string; readonly tab: string };

/** The answer of the list: who is behind, and what to do about it. */
export function listAnswer(subjects: readonly LagSubjectView[]): Answer {
  const behind = byUrgency(subjects).filter(({ verdict }) => verdict !== 'ok' && verdict !== 'unknown');
  const unknown = subjects.filter(({ verdict }) => verdict === 'unknown');
  const [worst] = behind;
  if (worst !== undefined) {
    const others = behind.length - 1;
    return {
      tone: lagTone[worst.verdict],
      verdict: `${worst.name} ${stands(worst)}${others > 0 ? `, and ${counted(others, 'other')} ${others === 1 ? 'is' : 'are'} not keeping up` : ''}.`,
      next: 'Open it to see since when, and in which partitions.',
      tab: `${behind.length} behind · Lag`,
    };
  }
  if (subjects.length === 0)
    return {
      tone: 'unknown',
      verdict: 'No lag has been measured yet.',
      next: 'A worker measures every consumer group and derived state that a contract names.',
      tab: 'Lag',
    };
  if (unknown.length > 0)
    return {
      tone: 'unknown',
      verdict: unknownWords(unknown.length, subjects.length),
      next: 'Unknown is not none: each row says why.',
      tab: `${unknown.length} unknown · Lag`,
    };
  return {
    tone: 'verified',
    verdict: `All ${counted(subjects.length, 'group and state', 'groups and states')} keep up.`,
    next: 'Nothing is to be done.',
    tab: 'Lag',
  };
}

const groups = (count: number) => counted(count, 'group or state', 'groups and states');

function unknownWords(unknown: number, all: number): string {
  if (unknown === all) return `The lag of ${all === 1 ? '' : 'all '}${groups(all)} is not known.`;
  return `The lag of ${unknown} of ${groups(all)} is not known; ${all - unknown === 1 ? 'the other keeps up' : 'the others keep up'}.`;
}

/** The answer of one subject's page. */
export function subjectAnswer(subject: LagSubjectView): Answer {
  return {
    tone: lagTone[subject.verdict],
    verdict: `${subject.name} ${stands(subject)}.`,
    next: subject.why,
    tab: `${lagWord(subject.verdict)} · ${subject.name}`,
  };
}

function stands(subject: LagSubjectView): string {
  const { verdict, records, ageMs } = subject;
  const behind =
    records === null
      ? 'by an unknown number of records'
      : `by ${counted(BigInt(records), 'record')}${ageMs === null ? '' : ` and ${formatDuration(ageMs)}`}`;
  switch (verdict) {
    case 'ok':
      return records === '0' ? 'has read everything' : `keeps up, behind ${behind}`;
    case 'unknown':
      return subject.stale ? 'is not measured any more' : 'has a lag that is not known in full';
    case 'lagging':
      return `is behind ${behind}`;
    case 'stalled':
      return `does not move, behind ${behind}`;
    case 'stopped':
      return `has stopped, behind ${behind}`;
    case 'rewound':
      return `has gone back and reads again, behind ${behind}`;
  }
}

/**
 * What a window of samples says of a reader, by rules that have names, in the way of LinkedIn's Burrow
 * (github.com/linkedin/Burrow/wiki/Consumer-Lag-Evaluation-Rules): each partition by itself, the reader as its worst.
 */
import type { LagSample, PartitionLag } from './measure.ts';

export const lagVerdicts = ['ok', 'unknown', 'lagging', 'stalled', 'stopped', 'rewound'] as const;
export type LagVerdict = (typeof lagVerdicts)[number];

export const lagRules = [
  'caught-up',
  'keeps-up',
  'no-commits',
  'partition-unknown',
  'over-threshold',
  'falls-behind',
  'does-not-move',
  'nobody-reads',
  'went-back',
] as const;
export type LagRule = (typeof lagRules)[number];

export type Assessed = {
  readonly verdict: LagVerdict;
  readonly rule: LagRule;
  /** The partition that decided; null where all did. */
  readonly partition: number | null;
};

const verdictOf: Readonly<Record<LagRule, LagVerdict>> = {
  'caught-up': 'ok',
  'keeps-up': 'ok',
  'no-commits': 'unknown',
  'partition-unknown': 'unknown',
  'over-threshold': 'lagging',
  'falls-behind': 'lagging',
  'does-not-move': 'stalled',
  'nobody-reads': 'stopped',
  'went-back': 'rewound',
};

/** So long an offset has to stand still, with something unread behind it, to be called that. */
const STANDS_STILL_MS = 60_000;
/** Fewer samples say nothing of a direction. */
const SAMPLES_OF_A_TREND = 4;

export type Window = {
  /** Oldest first; the last one is the newest. */
  readonly samples: readonly LagSample[];
  /** Members of the group; null: not known, or no group. */
  readonly members: number | null;
  /** Age from which on a record is late; null: nothing says. */
  readonly overMs: number | null;
};

export function assessLag(window: Window): Assessed {
  const newest = window.samples.at(-1);
  if (
    newest === undefined ||
    newest.partitions.every((each) => each.committed === null && each.records === null)
  )
    return { verdict: 'unknown', rule: 'no-commits', partition: null };
  let worst: Assessed | null = null;
  for (const { partition } of newest.partitions) {
    const rule = ruleOf(window, partition);
    const found: Assessed = { verdict: verdictOf[rule], rule, partition };
    if (worst === null || weight(found) > weight(worst)) worst = found;
  }
  if (worst === null) return { verdict: 'unknown', rule: 'no-commits', partition: null };
  return worst.verdict === 'ok' ? { ...worst, partition: null } : worst;
}

/** By verdict, and within one by rule. */
const weight = ({ verdict, rule }: Assessed) =>
  lagVerdicts.indexOf(verdict) * lagRules.length + lagRules.indexOf(rule);

function ruleOf({ samples, members, overMs }: Window, partition: number): LagRule {
  const seen = samples.flatMap(({ atMs, partitions }) => {
    const found = partitions.find((each) => each.partition === partition);
    return found === undefined ? [] : [{ ...found, atMs }];
  });
  const newest = seen.at(-1);
  if (newest === undefined) return 'partition-unknown';
  if (wentBack(seen)) return 'went-back';
  if (newest.records === null) return 'partition-unknown';
  if (newest.records === 0n) return 'caught-up';
  if (standsStillMs(seen) >= STANDS_STILL_MS) return members === 0 ? 'nobody-reads' : 'does-not-move';
  if (overMs !== null && newest.ageMs !== null && newest.ageMs > overMs) return 'over-threshold';
  if (fallsBehind(seen)) return 'falls-behind';
  return newest.ageMs === null ? 'partition-unknown' : 'keeps-up';
}

type Seen = PartitionLag & { readonly atMs: number };

function wentBack(seen: readonly Seen[]): boolean {
  let highest: bigint | null = null;
  for (const { committed } of seen) {
    if (committed === null) continue;
    if (highest !== null && committed < highest) return true;
    highest = committed;
  }
  return false;
}

/** For how long the newest offset has stood still, each time with something unread behind it. */
function standsStillMs(seen: readonly Seen[]): number {
  const newest = seen.at(-1);
  if (newest === undefined) return 0;
  let sinceMs = newest.atMs;
  for (const { atMs, committed, records } of seen.toReversed()) {
    if (committed !== newest.committed || records === null || records === 0n) break;
    sinceMs = atMs;
  }
  return newest.atMs - sinceMs;
}

/** It moves, and from sample to sample there is never less before it, and in the end more. */
function fallsBehind(seen: readonly Seen[]): boolean {
  const records = seen.flatMap((each) => (each.records === null ? [] : [each.records]));
  if (records.length < SAMPLES_OF_A_TREND || records.includes(0n)) return false;
  const grows = records.every((each, at) => at === 0 || each >= (records[at - 1] ?? each));
  return grows && (records.at(-1) ?? 0n) > (records[0] ?? 0n);
}

/** A rule in words, about its partition where one decided. */
export function ruleInWords({ rule, partition }: Pick<Assessed, 'rule' | 'partition'>): string {
  const where = partition === null ? '' : ` (partition ${partition})`;
  switch (rule) {
    case 'caught-up':
      return 'Nothing is unread.';
    case 'keeps-up':
      return 'What is unread is younger than the threshold, and does not only grow.';
    case 'no-commits':
      return 'It has committed nothing, or its group was deleted, so that its lag is unknown and not none.';
    case 'partition-unknown':
      return `Of a partition nobody knows where its reading stands${where}.`;
    case 'over-threshold':
      return `The next unread record is older than the threshold${where}.`;
    case 'falls-behind':
      return `From sample to sample there is more unread and never less${where}.`;
    case 'does-not-move':
      return `Records are unread, and the offset has not moved for a minute or longer${where}.`;
    case 'nobody-reads':
      return `Records are unread, the offset has not moved for a minute or longer, and the group has no members${where}.`;
    case 'went-back':
      return `The offset has gone back, so that records are read again${where}.`;
  }
}

import type { Counters, FindingKind } from '../replay/index.ts';
import { counted } from '../shared/counted.ts';

/** In the order in which they are said. */
export const layerDoubtKinds = [
  'absentMissing',
  'absentCompacted',
  'quarantined',
  'notDeterministic',
  'erasedReads',
  'conflictingDuplicates',
  'keysInTwoPartitions',
] as const;
export type LayerDoubt = (typeof layerDoubtKinds)[number];

/**
 * What a replay would not be trusted with among the events beyond the plan's end that were folded only to compare. Of a
 * kind that is left out there was none.
 */
export type LayerDoubts = Readonly<Partial<Record<LayerDoubt, number>>>;

/** Of one fold beyond the plan's end. */
export function doubtsIn(counters: Counters, findings: ReadonlyMap<FindingKind, number>): LayerDoubts {
  const { absentMissing, absentCompacted, quarantined, erasedReads, conflictingDuplicates } = counters;
  const notDeterministic = findings.get('not-deterministic') ?? 0;
  return addDoubts({
    absentMissing,
    absentCompacted,
    quarantined,
    notDeterministic,
    erasedReads,
    conflictingDuplicates,
  });
}

export function addDoubts(...all: readonly LayerDoubts[]): LayerDoubts {
  const sums = layerDoubtKinds.map((kind) => [kind, all.reduce((sum, each) => sum + (each[kind] ?? 0), 0)]);
  return Object.fromEntries(sums.filter(([, sum]) => sum !== 0));
}

/**
 * Whether nothing can be called equal to what history says there: for what makes a replay untrusted, and not for what
 * makes it suspect. Compaction is none of it where the contract tolerates it.
 */
export function leavesHistoryOpen(doubts: LayerDoubts, toleratesCompaction: boolean): boolean {
  const { absentMissing = 0, absentCompacted = 0, quarantined = 0, notDeterministic = 0 } = doubts;
  return absentMissing + quarantined + notDeterministic + (toleratesCompaction ? 0 : absentCompacted) > 0;
}

const words: Record<LayerDoubt, (count: number) => string> = {
  absentMissing: (count) => `${counted(count, 'offset')} ${count === 1 ? 'is' : 'are'} missing`,
  absentCompacted: (count) => `compaction has removed ${counted(count, 'offset')}`,
  quarantined: (count) => `${counted(count, 'record')} could not be folded`,
  notDeterministic: (count) => `${counted(count, 'key')} came to another state the second time`,
  erasedReads: (count) => `the projection asked for ${counted(count, 'erased value')}`,
  conflictingDuplicates: (count) =>
    `${counted(count, 'event')} ${count === 1 ? 'was' : 'were'} delivered again with other content`,
  keysInTwoPartitions: (count) =>
    `${counted(count, 'key')} ${count === 1 ? 'stands' : 'stand'} in more than one partition`,
};

/** Each kind with its count: "2 offsets are missing and 1 record could not be folded". null where there is none. */
export function doubtWords(doubts: LayerDoubts): string | null {
  const said = layerDoubtKinds.flatMap((kind) => {
    const count = doubts[kind] ?? 0;
    return count > 0 ? [words[kind](count)] : [];
  });
  const last = said.pop();
  if (last === undefined) return null;
  return said.length === 0 ? last : `${said.join(', ')} and ${last}`;
}

/**
 * What became of every offset in a replay's ranges.
 * `events_processed` = applied + duplicates + filtered + quarantined; each delivered record is exactly one of them.
 */
export type Counters = {
  readonly applied: number;
  /** Redeliveries, conflicting ones among them. */
  readonly duplicates: number;
  /** Duplicates whose content differs from the first delivery. */
  readonly conflictingDuplicates: number;
  readonly filtered: number;
  readonly quarantined: number;
  /** Events whose subject was erased: folded without what can no longer be read. */
  readonly erased: number;
  /** Erased values that F asked for while folding: the state may differ from what it was. */
  readonly erasedReads: number;
  readonly outOfOrder: number;
  /** Records whose key belongs in another partition by the contract's partitioner. */
  readonly misplaced: number;
  readonly absentControl: number;
  readonly absentAborted: number;
  readonly absentCompacted: number;
  readonly absentMissing: number;
};

export const noCounts: Counters = {
  applied: 0,
  duplicates: 0,
  conflictingDuplicates: 0,
  filtered: 0,
  quarantined: 0,
  erased: 0,
  erasedReads: 0,
  outOfOrder: 0,
  misplaced: 0,
  absentControl: 0,
  absentAborted: 0,
  absentCompacted: 0,
  absentMissing: 0,
};

export function addCounters(a: Counters, b: Counters): Counters {
  const sum: Record<string, number> = {};
  for (const name of Object.keys(noCounts) as (keyof Counters)[]) sum[name] = a[name] + b[name];
  return sum as Counters;
}

/** `events_processed`: the delivered records. */
export function eventsProcessed(c: Counters): number {
  return c.applied + c.duplicates + c.filtered + c.quarantined;
}

/** Something about one record, or a range of offsets, that a person must be able to see. */
export const findingKinds = [
  'undecodable',
  'unknown-type',
  'unknown-version',
  'invalid-data',
  'no-key',
  'no-idempotency-key',
  'upcast-failed',
  'projection-failed',
  'duplicate',
  'conflicting-duplicate',
  'out-of-order',
  'misplaced-key',
  'key-in-two-partitions',
  'missing-history',
  'compacted-history',
  'not-deterministic',
  'erased-subject',
  'erased-read',
] as const;
export type FindingKind = (typeof findingKinds)[number];

/** The kinds that mean that a record was set aside without being applied. */
export const quarantineReasons = [
  'undecodable',
  'unknown-type',
  'unknown-version',
  'invalid-data',
  'no-key',
  'no-idempotency-key',
  'upcast-failed',
  'projection-failed',
] as const satisfies readonly FindingKind[];
export type QuarantineReason = (typeof quarantineReasons)[number];

export type Finding = {
  readonly kind: FindingKind;
  readonly partition: number;
  readonly offset: string;
  /** Exclusive end, where the finding is about a range. */
  readonly to: string | null;
  readonly key: string | null;
  readonly eventId: string | null;
  readonly eventType: string | null;
  /** A sentence: what was wrong. Never a payload. */
  readonly detail: string;
};

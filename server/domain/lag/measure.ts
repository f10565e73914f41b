/** What a reader of a partition has before it, as it was found. Offsets are those of the partition. */
export type PartitionFound = {
  readonly partition: number;
  /** The next offset that it would read, as it says itself; null: it has said nothing of this partition. */
  readonly committed: bigint | null;
  /** Where its unread records begin; null: nobody knows, since it has committed nothing. */
  readonly from: bigint | null;
  /** The last stable offset: where records end for whoever reads committed ones. */
  readonly end: bigint;
  /**
   * The first data record from `from` on. 'none': what lies there is control records, aborted records and holes.
   * null: it could not be read.
   */
  readonly next: { readonly offset: bigint; readonly timestampMs: number | null } | 'none' | null;
};

/** How far behind a reader is in one partition. null: that is not known, which is not the same as none. */
export type PartitionLag = {
  readonly partition: number;
  /** Of an event table the transaction of the last row that was applied. */
  readonly committed: bigint | null;
  /** null: an event table's, which has no such place. */
  readonly end: bigint | null;
  /** The next unread record; null where there is none, or none is known. */
  readonly next: bigint | null;
  /** Offsets from the next unread record to the end. */
  readonly records: bigint | null;
  /** The age of that record in ms, by its own timestamp. */
  readonly ageMs: number | null;
};

/** One measurement of a group or state: all of its partitions at one instant. */
export type LagSample = { readonly atMs: number; readonly partitions: readonly PartitionLag[] };

/** Lag as it was at an instant. A record whose time lies in the future is no younger than now. */
export function measureLag(atMs: number, found: PartitionFound): PartitionLag {
  const { partition, committed, from, end, next } = found;
  const known = { partition, committed, end };
  if (from === null) return { ...known, next: null, records: null, ageMs: null };
  if (from >= end || next === 'none') return { ...known, next: null, records: 0n, ageMs: 0 };
  if (next === null) return { ...known, next: null, records: end - from, ageMs: null };
  if (next.offset >= end) return { ...known, next: null, records: 0n, ageMs: 0 };
  return {
    ...known,
    next: next.offset,
    records: end - next.offset,
    ageMs: next.timestampMs === null ? null : Math.max(0, atMs - next.timestampMs),
  };
}

export type LagTotals = {
  /** Over the partitions that are known; null where none is. */
  readonly records: bigint | null;
  /** The oldest of their next records. */
  readonly ageMs: number | null;
  /** Partitions of which lag or time lag is not known. */
  readonly unknown: number;
};

/** A group is as late as the latest of its partitions. */
export function totalLag(partitions: readonly PartitionLag[]): LagTotals {
  let records: bigint | null = null;
  let ageMs: number | null = null;
  let unknown = 0;
  for (const each of partitions) {
    if (each.records === null || each.ageMs === null) unknown += 1;
    if (each.records !== null) records = (records ?? 0n) + each.records;
    if (each.ageMs !== null) ageMs = Math.max(ageMs ?? 0, each.ageMs);
  }
  return { records, ageMs, unknown };
}

import type { PartitionLag } from './measure.ts';

/** Since when an offset has stood still with something unread behind it, and whether that has been told. */
export type Waiting = {
  readonly partition: number;
  readonly committed: bigint | null;
  /** null: nothing is unread, or that is not known. */
  readonly sinceMs: number | null;
  /** The offset that was told to be stuck; null: none. */
  readonly toldOffset: bigint | null;
};

export type StuckChange =
  | { readonly kind: 'stuck'; readonly lag: PartitionLag; readonly offset: bigint; readonly sinceMs: number }
  | {
      readonly kind: 'moved-on';
      readonly partition: number;
      readonly offset: bigint;
      readonly committed: bigint | null;
    };

/**
 * Looks for partitions whose offset has not moved for longer than `afterMs` while records are unread behind it. The
 * reader goes on elsewhere: other partitions moved meanwhile, and within that time; or this one alone has anything to
 * read, and the reader has members (null: nobody can tell how many, and some). A reader that stands still everywhere is
 * stalled or has stopped, which is one trouble of all its partitions, and not this.
 */
export function watchStuck(
  before: readonly Waiting[],
  sample: { readonly atMs: number; readonly partitions: readonly PartitionLag[] },
  rule: {
    readonly afterMs: number;
    readonly members: number | null;
    readonly othersMovedAtMs: number | null;
  },
): { readonly waiting: readonly Waiting[]; readonly changes: readonly StuckChange[] } {
  const { atMs, partitions } = sample;
  const known = new Map(before.map((each) => [each.partition, each]));
  const changes: StuckChange[] = [];
  const { othersMovedAtMs: movedAtMs } = rule;
  const unreadIn = partitions.filter(({ records }) => records === null || records > 0n).length;
  const goesOn = (sinceMs: number) =>
    (movedAtMs !== null && movedAtMs > sinceMs && atMs - movedAtMs <= rule.afterMs) ||
    (unreadIn === 1 && rule.members !== 0);
  const waiting = partitions.map((lag): Waiting => {
    const { partition, committed, records } = lag;
    const was = known.get(partition);
    const stays = was !== undefined && was.committed === committed;
    // Of a partition that can't be measured now nothing has changed that anybody knows of.
    if (records === null && stays) return was;
    const unread = committed !== null && records !== null && records > 0n;
    const sinceMs = unread ? (stays ? (was.sinceMs ?? atMs) : atMs) : null;
    let toldOffset = was?.toldOffset ?? null;
    if (toldOffset !== null && (committed !== toldOffset || sinceMs === null)) {
      changes.push({ kind: 'moved-on', partition, offset: toldOffset, committed });
      toldOffset = null;
    }
    if (
      toldOffset === null &&
      committed !== null &&
      sinceMs !== null &&
      atMs - sinceMs > rule.afterMs &&
      goesOn(sinceMs)
    ) {
      changes.push({ kind: 'stuck', lag, offset: committed, sinceMs });
      toldOffset = committed;
    }
    return { partition, committed, sinceMs, toldOffset };
  });
  return { waiting, changes };
}

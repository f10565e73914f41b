import type { PartitionProgress } from '../../../application/ports/page-reads.ts';

/** `foldedMs`: how long a thread has folded until it wrote this partition's checkpoints. `updatedMs`: when it wrote the last one. */
export type TimedProgress = {
  readonly progress: PartitionProgress;
  readonly foldedMs: number;
  readonly updatedMs: number;
};

/**
 * What a checkpoint says of a pace is its thread's, which folds one partition after the other: it stands for the newest
 * of those that the thread holds, and the others wait for their turn, or have come to nothing new since.
 */
export function onlyNewest(partitions: readonly TimedProgress[]): readonly TimedProgress[] {
  const newest = new Map<string | null, TimedProgress>();
  for (const each of partitions) {
    const { worker, eventsPerSecond } = each.progress;
    const before = newest.get(worker);
    if (eventsPerSecond !== null && (before === undefined || before.updatedMs <= each.updatedMs))
      newest.set(worker, each);
  }
  return partitions.map((each) =>
    newest.get(each.progress.worker) === each
      ? each
      : { ...each, progress: { ...each.progress, eventsPerSecond: null, secondsLeft: null } },
  );
}

/**
 * How many events a second the threads come to that fold now; null where none does, or nothing tells. One that has told
 * nothing of its present partitions yet is taken to be as fast as the threads of this replay were until now.
 */
export function rateOf(partitions: readonly TimedProgress[]): number | null {
  const foldedMs = partitions.reduce((sum, each) => sum + each.foldedMs, 0);
  const folded = partitions.reduce((sum, { progress }) => sum + eventsOf(progress), 0);
  const average = folded > 0 && foldedMs > 0 ? (folded * 1000) / foldedMs : null;
  const folding = onlyNewest(partitions)
    .map((each) => each.progress)
    .filter((each) => each.status === 'folding' && !each.leaseExpired);
  const byThread = Map.groupBy(folding, (each) => each.worker);
  return sumOf(
    [...byThread.values()].map((held) => sumOf(held.map((each) => each.eventsPerSecond)) ?? average),
  );
}

const eventsOf = ({ from, cursor }: PartitionProgress) => Number(BigInt(cursor) - BigInt(from));

function sumOf(rates: readonly (number | null)[]): number | null {
  const known = rates.filter((rate) => rate !== null);
  return known.length === 0 ? null : known.reduce((sum, rate) => sum + rate, 0);
}

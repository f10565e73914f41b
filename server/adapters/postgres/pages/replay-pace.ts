import type { PartitionProgress } from '../../../application/ports/page-reads.ts';

/** `foldedMs`: how long threads have folded it, up to its last checkpoint. */
export type TimedProgress = { readonly progress: PartitionProgress; readonly foldedMs: number };

/**
 * How many events a second the threads come to that fold now; null where none does, or nothing tells. A thread folds
 * one partition after the other: one that has told nothing of its present one yet is taken to be as fast as the
 * threads of this replay were until now.
 */
export function rateOf(partitions: readonly TimedProgress[]): number | null {
  const timed = partitions.filter((each) => each.foldedMs > 0);
  const foldedMs = timed.reduce((sum, each) => sum + each.foldedMs, 0);
  const folded = timed.reduce((sum, { progress }) => sum + eventsOf(progress), 0);
  const average = folded > 0 ? (folded * 1000) / foldedMs : null;
  const folding = partitions
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

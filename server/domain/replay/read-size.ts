import type { PartitionState, PlanRange } from './plan-types.ts';

/**
 * About how many bytes of the log a plan reads, from how many are stored of each partition: as if all its records were
 * of one size. What stands in the archive is not the log's. null where a partition's size is not known.
 */
export function estimateReadBytes(
  ranges: readonly PlanRange[],
  log: readonly PartitionState[],
  sizes: ReadonlyMap<number, bigint>,
): bigint | null {
  let bytes = 0n;
  for (const range of ranges) {
    const state = log.find(({ partition }) => partition === range.partition);
    const size = sizes.get(range.partition);
    if (state === undefined || size === undefined) return null;
    const held = BigInt(state.highWatermark) - BigInt(state.logStart);
    const read = BigInt(range.to) - BigInt(range.archiveUntil ?? range.from);
    if (held > 0n && read > 0n) bytes += (size * (read < held ? read : held)) / held;
  }
  return bytes;
}

/** Offsets that were written behind a plan's ends since it was made. */
export function writtenBehind(ranges: readonly PlanRange[], log: readonly PartitionState[]): bigint {
  return log.reduce((sum, { partition, lastStable }) => {
    const end = ranges.find((range) => range.partition === partition)?.to;
    const written = end === undefined ? 0n : BigInt(lastStable) - BigInt(end);
    return written > 0n ? sum + written : sum;
  }, 0n);
}

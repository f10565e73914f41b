import type { Ordering } from '../contract/index.ts';
import {
  asText,
  compileSelector,
  type HistoryRecord,
  javaHashPartition,
  murmur2Partition,
} from '../replay/index.ts';
import { originOf } from './origin.ts';

/** Topics by how many partitions they have: the one that letters are sent to, and the history. */
export type PartitionCounts = ReadonlyMap<string, number>;

/**
 * Which partition of the target a letter goes to. Where the contract says by which function keys are placed, there the
 * history's own order of a key is kept; otherwise it goes to the partition that it came from, as far as that is known and
 * the two topics have as many. The rest is placed as Kafka's default partitioner places it, and without a key in turn.
 */
export function partitionFor(ordering: Ordering, target: string, counts: PartitionCounts) {
  const readKey = compileSelector(ordering.key);
  const count = counts.get(target) ?? 1;
  return (record: HistoryRecord, value: unknown, number: number): number => {
    const byContract = placedBy(ordering, asText(readKey(record, value)), record, count);
    if (byContract !== null) return byContract;
    const origin = originOf(record.headers);
    if (origin !== null && counts.get(origin.topic) === count && origin.partition < count)
      return origin.partition;
    return record.key === null ? number % count : murmur2Partition(record.key, count);
  };
}

function placedBy(
  { key: selector, partitioner }: Ordering,
  key: string | undefined,
  record: HistoryRecord,
  count: number,
): number | null {
  if (key === undefined) return null;
  if (partitioner === 'java-hash') return javaHashPartition(key, count);
  if (partitioner !== 'murmur2') return null;
  // It sees the key's bytes, which need not be text.
  return murmur2Partition(selector.from === 'key' && record.key ? record.key : utf8.encode(key), count);
}

const utf8 = new TextEncoder();

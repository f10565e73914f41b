import { javaHashPartition, murmur2Partition, type Plan } from '../../domain/replay/index.ts';
import type { RunningReplay } from './open-contract.ts';

const encoder = new TextEncoder();

/**
 * The partition that a live row's key belongs to, for a key that the replay has no state of; null where the replay can't
 * say that the key has no events: it is none of those in scope, or may have some in a partition that was not read.
 */
export function placeOf({ plan, contract }: RunningReplay, key: string): number | null {
  const isCovered = plan.scope.kind === 'keys' ? plan.scope.keys.includes(key) : coversAllPartitions(plan);
  return isCovered ? (home(contract.ordering.partitioner, plan.history.partitionCount, key) ?? 0) : null;
}

/**
 * Whether a key of which `placeOf` says nothing may be of the scope all the same. Where a partition is in scope that its
 * partitioner gives it to, its events may still stand in another one: from before the number of partitions was raised.
 */
export function mayBeInScope({ plan, contract }: RunningReplay, key: string): boolean {
  if (plan.scope.kind === 'keys') return plan.scope.keys.includes(key);
  const at = home(contract.ordering.partitioner, plan.history.partitionCount, key);
  return at === null || plan.ranges.some((range) => range.partition === at);
}

const coversAllPartitions = ({ ranges, history }: Plan) => ranges.length === history.partitionCount;

function home(partitioner: string, partitionCount: number, key: string): number | null {
  switch (partitioner) {
    case 'murmur2':
      return murmur2Partition(encoder.encode(key), partitionCount);
    case 'java-hash':
      return javaHashPartition(key, partitionCount);
    default:
      return partitionCount === 1 ? 0 : null;
  }
}

import { javaHashPartition, murmur2Partition } from '../../domain/replay/index.ts';
import type { RunningReplay } from './open-contract.ts';

const encoder = new TextEncoder();

/**
 * The partition in scope that a live row's key would belong to, for a key that the replay has no state of; null
 * where it belongs to none that the plan covers, or where that can't be known.
 */
export function placeOf({ plan, contract }: RunningReplay, key: string): number | null {
  if (plan.scope.kind === 'keys')
    return plan.scope.keys.includes(key)
      ? (home(contract.ordering.partitioner, plan.history.partitionCount, key) ?? 0)
      : null;
  const at = home(contract.ordering.partitioner, plan.history.partitionCount, key);
  if (plan.ranges.length === plan.history.partitionCount) return at ?? 0;
  return at !== null && plan.ranges.some((range) => range.partition === at) ? at : null;
}

/** Whether `placeOf` knows of every key where it belongs: else null says nothing of it. */
export function placesEveryKey({ plan, contract }: RunningReplay): boolean {
  const { partitionCount } = plan.history;
  return (
    plan.scope.kind === 'keys' ||
    plan.ranges.length === partitionCount ||
    home(contract.ordering.partitioner, partitionCount, '') !== null
  );
}

function home(partitioner: string, partitionCount: number, key: string): number | null {
  switch (partitioner) {
    case 'murmur2':
      return murmur2Partition(encoder.encode(key), partitionCount);
    case 'java-hash':
      return javaHashPartition(key, partitionCount);
    case 'single':
      return 0;
    default:
      return partitionCount === 1 ? 0 : null;
  }
}

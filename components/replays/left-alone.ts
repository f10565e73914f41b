import { isAtWork } from '@/components/vocabulary/at-work.ts';
import type { ReplayDetail } from '@/server/application/views.ts';

export type Worked = Pick<ReplayDetail, 'status' | 'partitions' | 'workersAlive'>;

/** Whether a replay is a worker's to carry on, and there is none. Whoever holds a lease still is one. */
export function isLeftAlone({ status, partitions, workersAlive }: Worked): boolean {
  if (!isAtWork({ status }) || workersAlive > 0) return false;
  return !partitions.some((each) => each.status === 'folding' && !each.leaseExpired);
}

import type { ReplayDetail } from '@/server/application/views.ts';

export type Worked = Pick<ReplayDetail, 'status' | 'partitions' | 'workersAlive'>;

const forWorkers: ReadonlySet<ReplayDetail['status']> = new Set([
  'queued',
  'folding',
  'merging',
  'comparing',
  'explaining',
  'checking',
  'recording',
]);

/** Whether a replay is a worker's to carry on, and there is none. Whoever holds a lease still is one. */
export function isLeftAlone({ status, partitions, workersAlive }: Worked): boolean {
  if (!forWorkers.has(status) || workersAlive > 0) return false;
  return !partitions.some((each) => each.status === 'folding' && !each.leaseExpired);
}

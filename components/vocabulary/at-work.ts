import type { ReplaySummary } from '@/server/application/views.ts';

const statuses: ReadonlySet<ReplaySummary['status']> = new Set([
  'queued',
  'folding',
  'merging',
  'comparing',
  'explaining',
  'checking',
  'recording',
]);

/** Whether a replay is a worker's to carry on: it moves without anybody doing anything. */
export function isAtWork({ status }: Pick<ReplaySummary, 'status'>): boolean {
  return statuses.has(status);
}

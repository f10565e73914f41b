/**
 * The life of a replay. `awaiting-approval` is entered where the plan needs approvals; the phases of a running
 * replay follow each other, and each can be taken up again by another worker.
 */
export const replayStatuses = [
  'awaiting-approval',
  'queued',
  'folding',
  'merging',
  'comparing',
  'explaining',
  'checking',
  'recording',
  'paused',
  'finished',
  'refused',
  'failed',
  'cancelled',
] as const;
export type ReplayStatus = (typeof replayStatuses)[number];

export const endedStatuses = [
  'finished',
  'refused',
  'failed',
  'cancelled',
] as const satisfies readonly ReplayStatus[];

export function hasEnded(status: ReplayStatus): boolean {
  return (endedStatuses as readonly ReplayStatus[]).includes(status);
}

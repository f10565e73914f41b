import type { Job } from '../application/ports/jobs.ts';

/** The threads of a worker: those that fold, and one each for what must wait for nothing long. */
export type ThreadsName = 'fold' | 'trace' | 'promote';

/**
 * Which threads do a job; notices and steps of runbooks are the main thread's. A promotion has a thread of its own: its approvals run on while it
 * waits, and a trace may read for an hour.
 */
export const threadsOf: Readonly<Record<Exclude<Job['kind'], 'notice' | 'action'>, ThreadsName>> = {
  fold: 'fold',
  phase: 'fold',
  trace: 'trace',
  promote: 'promote',
};

import type { Transaction } from './unit-of-work.ts';

/**
 * Work to be handed out. A job is a hint and never a right: who may commit is decided by leases, so that a job
 * delivered twice, late or never harms nothing (the reaper sends it again).
 */
export type ReplayJob =
  /** Fold a lot of this replay's partitions. `slot` tells parallel jobs of one replay apart. */
  | { readonly kind: 'fold'; readonly replayId: string; readonly slot: number }
  /** Carry the replay as a whole through its next phases. */
  | { readonly kind: 'phase'; readonly replayId: string }
  /** Read the own histories of the keys that wait for it, event by event. */
  | { readonly kind: 'trace'; readonly replayId: string };

/** Tell one receiver of something. */
export type NoticeJob = { readonly kind: 'notice'; readonly deliveryId: string };

/** Carry an approved promotion out. */
export type PromotionJob = { readonly kind: 'promote'; readonly promotionId: string };

/** Do an attempt of a step of a runbook. `waits`: for others, perhaps for hours, so that it must hold up no other step. */
export type ActionJob = { readonly kind: 'action'; readonly attemptId: string; readonly waits?: true };

export type Job = ReplayJob | PromotionJob | NoticeJob | ActionJob;

export interface JobSender {
  /** Sends within the transaction: no job without the rows it is about. A job that is already queued is not doubled. */
  send(tx: Transaction, jobs: readonly Job[]): Promise<void>;
}

export interface JobHandlers {
  /** Rejects where the work should be tried again. */
  handle(job: Job, signal: AbortSignal): Promise<void>;
}

export interface JobQueue extends JobSender {
  /** Takes jobs from now on: folds and phases as many at once as there are threads, traces, promotions and notices a few. */
  work(handlers: JobHandlers, concurrency: number): Promise<void>;
  /** Stops taking jobs; those in hand are finished first, for at most `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

import type { Job, JobSender } from '../ports/jobs.ts';
import type { PromotionStore } from '../ports/promotions.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { WorkerStore } from '../ports/worker-store.ts';
import type { ReplayDeps } from './deps.ts';
import { settlePause } from './steer-replay.ts';

/**
 * Finds work that nobody attends to (a worker has vanished, a retry is due, a job was lost) and sends its jobs
 * again. A job that is still queued is not doubled. Answers how many jobs were asked for.
 */
export async function reap(
  deps: ReplayDeps & {
    readonly jobs: JobSender;
    readonly workers: WorkerStore;
    readonly promotions: PromotionStore;
  },
): Promise<number> {
  return deps.unitOfWork.run(async (tx) => {
    for (const replayId of await deps.approvals.takeBack(tx)) await tellTakenBack(deps, tx, replayId);
    const found = await deps.workers.findUnattended(tx);
    if (found === null) return 0;
    for (const replayId of found.pausing) await settlePause(deps, tx, replayId);
    const jobs: Job[] = [];
    for (const { replayId, unclaimed, idle } of found.folds) {
      const lots = Math.max(1, Math.min(unclaimed, idle));
      for (let slot = 0; slot < lots; slot++) jobs.push({ kind: 'fold', replayId, slot });
    }
    for (const replayId of found.phases) jobs.push({ kind: 'phase', replayId });
    for (const replayId of found.traces) jobs.push({ kind: 'trace', replayId });
    for (const promotionId of await deps.promotions.unattended(tx))
      jobs.push({ kind: 'promote', promotionId });
    await deps.jobs.send(tx, jobs);
    return jobs.length;
  });
}

/** Approved once, and not any more before anybody took it up: it waits again. */
async function tellTakenBack(deps: ReplayDeps, tx: Transaction, replayId: string): Promise<void> {
  await deps.audit.append(tx, {
    actor: 'reprise',
    action: 'replay.approval-lost',
    subject: `replay:${replayId}`,
    outcome: 'done',
    detail: { why: 'its approvals ran out or were taken back before a worker took it up' },
  });
  for (const topic of [`replay:${replayId}`, 'replays', 'approvals']) await deps.live.notify(tx, topic);
}

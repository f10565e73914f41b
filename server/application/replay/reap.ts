import { noteLost } from '../approval/note-lost.ts';
import type { Job, JobSender } from '../ports/jobs.ts';
import type { PromotionStore } from '../ports/promotions.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { WorkerStore } from '../ports/worker-store.ts';
import { tellOfPromotion, tellPromotion } from '../promotion/record-promotion.ts';
import type { ReplayDeps } from './deps.ts';
import { settlePause } from './steer-replay.ts';
import { tellOfReplay } from './tell-of-replay.ts';

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
    const takenBack = await deps.approvals.takeBack(tx);
    for (const replayId of takenBack) await tellTakenBack(deps, tx, replayId);
    await settleExpired(deps, tx, takenBack);
    const ranOut = await deps.promotions.voidAllExpired(tx);
    await noteLost(deps, tx, ranOut, 'it ran out', 'promotion');
    for (const promotionId of new Set(ranOut.map((each) => each.subjectId))) {
      const row = await deps.promotions.find(tx, promotionId);
      if (row === null) continue;
      await tellOfPromotion(deps, tx, row, { kind: 'expired', audience: ['approvers', 'requester'] });
      await tellPromotion(deps, tx, row);
    }
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
  const why =
    'its approvals, or the broken glass in their place, did not count any more before a worker took it up';
  await deps.audit.append(tx, {
    actor: 'reprise',
    action: 'replay.approval-lost',
    subject: `replay:${replayId}`,
    outcome: 'done',
    detail: { why },
  });
  const row = await deps.replays.find(tx, replayId);
  if (row !== null)
    await tellOfReplay(deps, tx, row, { kind: 'taken-back', audience: ['approvers', 'requester'], why });
  for (const topic of [`replay:${replayId}`, 'replays', 'approvals']) await deps.live.notify(tx, topic);
}

/** An approval that ran out while others were still missing. What was taken back has been told of with that. */
async function settleExpired(deps: ReplayDeps, tx: Transaction, takenBack: readonly string[]): Promise<void> {
  const voided = await deps.approvals.voidAllExpired(tx);
  await noteLost(deps, tx, voided, 'it ran out');
  for (const replayId of new Set(voided.map((each) => each.subjectId))) {
    const row = takenBack.includes(replayId) ? null : await deps.replays.find(tx, replayId);
    if (row === null) continue;
    await tellOfReplay(deps, tx, row, { kind: 'expired', audience: ['approvers', 'requester'] });
    for (const topic of [`replay:${replayId}`, 'approvals']) await deps.live.notify(tx, topic);
  }
}

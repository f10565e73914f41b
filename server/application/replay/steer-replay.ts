import { actionsNow, evolveReplay, hasEnded } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { refuseLost } from '../approval/refuse-stale.ts';
import type { ReplayRow } from '../ports/replay-store.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { CommandDeps, ReplayDeps } from './deps.ts';
import { foldJobs } from './launch-replay.ts';
import { tellOfReplay } from './tell-of-replay.ts';
import { tellPages } from './tell-pages.ts';

type Action = 'pause' | 'resume' | 'cancel' | 'set-rate';

/** One decision about a replay: its row is locked, the right to do it is checked, and the audit is in the same transaction. */
async function steer(
  deps: CommandDeps,
  replayId: string,
  act: {
    readonly action: Action;
    readonly actor: string;
    readonly detail: Readonly<Record<string, unknown>>;
  },
  work: (tx: Transaction, row: ReplayRow) => Promise<void>,
): Promise<void> {
  await deps.unitOfWork.run(async (tx) => {
    // What is acted on is held first and who acts second, as everywhere: who takes a right holds them in this order too.
    const row = await deps.replays.lock(tx, replayId);
    await refuseLost(deps, tx, act.actor, 'replay');
    if (row === null) throw new RepriseError('replay-not-found', `There is no replay ${replayId}.`);
    const right = actionsNow(row.status, row.intent).find((each) => each.action === act.action);
    if (right?.allowed !== true) {
      throw new RepriseError(
        'replay-state-conflict',
        right?.why ?? `Not possible while it is ${row.status}.`,
      );
    }
    await work(tx, row);
    await deps.audit.append(tx, {
      actor: act.actor,
      action: `replay.${act.action}`,
      subject: `replay:${replayId}`,
      outcome: 'done',
      detail: act.detail,
    });
    await tellPages(deps, tx, replayId);
  });
}

export function pauseReplay(deps: CommandDeps, replayId: string, actor: string): Promise<void> {
  return steer(deps, replayId, { action: 'pause', actor, detail: {} }, async (tx) => {
    await deps.replays.change(tx, replayId, { intent: 'pause' });
    await settlePause(deps, tx, replayId);
  });
}

/**
 * A replay that is to pause is paused once nobody folds it any more. Called by whoever lets go of a partition, by
 * the pause itself, and by the reaper for workers that vanished.
 */
export async function settlePause(deps: ReplayDeps, tx: Transaction, replayId: string): Promise<void> {
  const row = await deps.replays.lock(tx, replayId);
  if (row === null || row.intent !== 'pause' || row.status === 'paused') return;
  const partitions = await deps.replays.partitions(tx, replayId);
  if (partitions.some((partition) => partition.leased)) return;
  const paused = evolveReplay(row, { kind: 'pause-reached' });
  if (paused === null) return;
  await deps.replays.change(tx, replayId, paused);
  await tellPages(deps, tx, replayId);
}

export function resumeReplay(deps: CommandDeps, replayId: string, actor: string): Promise<void> {
  return steer(deps, replayId, { action: 'resume', actor, detail: {} }, async (tx, row) => {
    const resumed = row.status === 'paused' ? evolveReplay(row, { kind: 'resumed' }) : null;
    // Approved before it was paused, and not any more: it waits again.
    const waits = resumed?.status === 'queued' && !(await deps.approvals.isApproved(tx, replayId));
    await deps.replays.change(tx, replayId, {
      intent: 'run',
      ...(waits ? { status: 'awaiting-approval', resumeStatus: null } : resumed),
    });
    if (!waits) {
      await deps.jobs.send(tx, foldJobs(replayId, row.plan?.ranges.length ?? 1));
      return;
    }
    await deps.live.notify(tx, 'approvals');
    await tellOfReplay(deps, tx, row, {
      kind: 'taken-back',
      audience: ['approvers', 'requester'],
      why: 'its approvals, or the broken glass in their place, did not count any more when it was resumed',
    });
  });
}

export function cancelReplay(
  deps: CommandDeps,
  replayId: string,
  actor: string,
  reason: string,
): Promise<void> {
  return steer(deps, replayId, { action: 'cancel', actor, detail: { reason } }, async (tx, row) => {
    if (hasEnded(row.status)) return;
    await deps.replays.change(tx, replayId, { intent: 'cancel', cancelledBy: actor, cancelReason: reason });
    await deps.jobs.send(tx, [{ kind: 'phase', replayId }]);
  });
}

export function setReplayRate(
  deps: CommandDeps,
  replayId: string,
  eventsPerSecond: number | null,
  actor: string,
): Promise<void> {
  return steer(deps, replayId, { action: 'set-rate', actor, detail: { eventsPerSecond } }, (tx) =>
    deps.replays.change(tx, replayId, { rateLimit: eventsPerSecond }),
  );
}

/** Asks a worker to read the key's own history. Asking again while it is being read changes nothing. */
export async function requestTrace(
  deps: CommandDeps,
  replayId: string,
  key: string,
  actor: string,
): Promise<void> {
  await deps.unitOfWork.run(async (tx) => {
    await refuseLost(deps, tx, actor, 'replay');
    const row = await deps.replays.find(tx, replayId);
    if (row === null) throw new RepriseError('replay-not-found', `There is no replay ${replayId}.`);
    if (row.plan === null) {
      throw new RepriseError(
        'replay-state-conflict',
        'This replay was refused, and so has no range to read.',
      );
    }
    if (!(await deps.results.isFolded(tx, replayId)))
      throw new RepriseError(
        'replay-state-conflict',
        'This replay has not folded its history to the end, so it can’t say what became of each event.',
      );
    if (!(await deps.results.requestTrace(tx, replayId, key))) return;
    await deps.jobs.send(tx, [{ kind: 'trace', replayId }]);
    // The key stays out: the audit names replays, and no keys of other people's rows.
    await deps.audit.append(tx, {
      actor,
      action: 'replay.trace-requested',
      subject: `replay:${replayId}`,
      outcome: 'done',
      detail: {},
    });
    await deps.live.notify(tx, `trace:${replayId}`);
  });
}

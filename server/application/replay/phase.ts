import { evolveReplay } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Lease, ReplayChange } from '../ports/replay-store.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { leaseMs, type RunnerDeps, renewEveryMs } from './deps.ts';
import type { RunningReplay } from './open-contract.ts';
import { tellPages } from './tell-pages.ts';

/** A phase at work: the replay, and the lease under which alone it may commit. */
export type Phase = {
  readonly deps: RunnerDeps;
  readonly running: RunningReplay;
  readonly replayId: string;
  readonly lease: Lease;
  /** Aborted on shutdown, when the lease is lost, and when the replay is cancelled. */
  readonly signal: AbortSignal;
};

export const leaseLost = (replayId: string) =>
  new RepriseError('lease-lost', `Another worker has taken over replay ${replayId}.`);

/**
 * Commits under the phase's lease: everything that `work` writes, or nothing. The lease is checked last, and the
 * row stays locked from there to the commit, so that a long write does not lock out pausing and cancelling.
 */
export async function commitInPhase<T>(phase: Phase, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const { deps, replayId, lease } = phase;
  return deps.unitOfWork.run(async (tx) => {
    const result = await work(tx);
    if (!(await deps.results.holdPhase(tx, replayId, lease, leaseMs))) throw leaseLost(replayId);
    await deps.live.notify(tx, `replay:${replayId}`);
    return result;
  });
}

/**
 * What a base has folded may be out of reach by now, and the replayed state needs none of it. Whatever looks back at
 * it is left open then; a replay without a base has lost what it itself was to read.
 */
export function isBaseOutOfReach({ running }: Phase, error: RepriseError): boolean {
  return error.code === 'history-truncated' && running.plan.base !== null;
}

/**
 * For loops that compute and wait for nothing: called once a turn, it lets others run now and then. Leases are
 * renewed meanwhile, and whoever watches over the thread sees that it lives.
 */
export function breaths(clock: Clock): () => Promise<void> {
  let lastMs = clock.now().getTime();
  return async () => {
    if (clock.now().getTime() - lastMs < longestBreathMs) return;
    await clock.wait(0);
    lastMs = clock.now().getTime();
  };
}

const longestBreathMs = 200;

/** Takes a computation that pauses to its end, and does something in each of its pauses. */
export async function throughPauses<Result>(
  work: Generator<undefined, Result, undefined>,
  pause: () => Promise<void>,
): Promise<Result> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await pause();
  }
}

/** Commits the end of a phase: what it has found, and the step to the next one. */
export async function finishPhase(
  phase: Phase,
  write: (tx: Transaction) => Promise<ReplayChange>,
): Promise<void> {
  const { deps, replayId } = phase;
  await commitInPhase(phase, async (tx) => {
    const change = await write(tx);
    const row = await deps.replays.lock(tx, replayId);
    const next = row === null ? null : evolveReplay(row, { kind: 'phase-done' });
    if (next === null) throw leaseLost(replayId);
    await deps.results.clearProblem(tx, replayId);
    await deps.replays.change(tx, replayId, { ...change, ...next });
    await tellPages(deps, tx, replayId);
  });
}

/** Keeps a lease on the replay as a whole while `done` is not aborted; calls `stop` when it is gone, or the replay called off. */
export async function keepPhase(
  deps: RunnerDeps,
  replayId: string,
  lease: Lease,
  stop: (why: 'lease-lost' | 'cancel') => void,
  done: AbortSignal,
): Promise<void> {
  while (!done.aborted) {
    await deps.clock.wait(renewEveryMs, done).catch(() => undefined);
    if (done.aborted) return;
    try {
      const { isHeld, row } = await deps.unitOfWork.run(async (tx) => ({
        isHeld: await deps.results.holdPhase(tx, replayId, lease, leaseMs),
        row: await deps.replays.find(tx, replayId),
      }));
      if (!isHeld) stop('lease-lost');
      else if (row?.intent === 'cancel') stop('cancel');
    } catch (error) {
      deps.log.warn({ replayId, error: String(error) }, 'could not renew the lease of a replay');
    }
  }
}

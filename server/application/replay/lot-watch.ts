import type { PartitionWork } from '../ports/replay-store.ts';
import { leaseMs, type RunnerDeps, renewEveryMs } from './deps.ts';
import type { RateLimit } from './rate-limit.ts';

/** Why a lot stops before its end. */
export type StopReason = 'pause' | 'cancel' | 'shutdown' | 'lease-lost' | 'ended';

export type WatchedLot = {
  /** What is to be renewed still. */
  readonly held: () => readonly PartitionWork[];
  /** The last checkpoint gives a lease back, and says itself where it was lost. */
  readonly isEnding: (partition: number) => boolean;
  readonly limit: RateLimit;
  readonly stop: (reason: StopReason) => void;
};

/**
 * Beside the fold of a lot: renews its leases, and follows what people want of the replay (pause, cancel, another
 * rate). Resolves when it has looked once, so that nothing is read faster than is wanted; what it resolves to ends
 * when `done` is aborted. Throws where that first look failed.
 */
export async function watchLot(
  deps: RunnerDeps,
  lot: WatchedLot,
  done: AbortSignal,
): Promise<{ readonly ended: Promise<void> }> {
  await look(deps, lot, true);
  return { ended: keepWatching(deps, lot, done) };
}

async function keepWatching(deps: RunnerDeps, lot: WatchedLot, done: AbortSignal): Promise<void> {
  for (let turn = 1; !done.aborted; turn++) {
    await deps.clock.wait(watchEveryMs, done).catch(() => undefined);
    const [first] = lot.held();
    if (first === undefined || done.aborted) return;
    try {
      await look(deps, lot, turn % Math.ceil(renewEveryMs / watchEveryMs) === 0);
    } catch (error) {
      // The database may be away for a moment. If it stays away the leases run out, and a commit will say so.
      deps.log.warn(
        { replayId: first.replayId, error: String(error) },
        'could not renew the leases of a lot',
      );
    }
  }
}

async function look(deps: RunnerDeps, lot: WatchedLot, renewing: boolean): Promise<void> {
  const works = lot.held();
  const [first] = works;
  if (first === undefined) return;
  await deps.unitOfWork.run(async (tx) => {
    if (renewing) {
      const kept = new Set(await deps.folds.renew(tx, works, leaseMs));
      if (works.some(({ partition }) => !lot.isEnding(partition) && !kept.has(partition)))
        lot.stop('lease-lost');
    }
    const control = await deps.folds.control(tx, first.replayId);
    if (control === null || (control.status !== 'folding' && control.status !== 'queued')) lot.stop('ended');
    else if (control.intent === 'pause' || control.intent === 'cancel') lot.stop(control.intent);
    else lot.limit.set(shareOf(control.rateLimit, works.length, control.folding));
  });
}

const watchEveryMs = 500;

function shareOf(rate: number | null, held: number, folding: number): number | null {
  return rate === null ? null : (rate * held) / Math.max(folding, held, 1);
}

import type { PartitionWork } from '../ports/replay-store.ts';
import { leaseMs, type RunnerDeps, renewEveryMs } from './deps.ts';
import type { RateLimit } from './rate-limit.ts';

/** Why a lot stops before its end. */
export type StopReason = 'pause' | 'cancel' | 'shutdown' | 'lease-lost' | 'ended';

/**
 * Beside the fold of a lot: renews its leases, and follows what people want of the replay (pause, cancel, another
 * rate). Ends when `done` is aborted.
 */
export async function watchLot(
  deps: RunnerDeps,
  held: () => readonly PartitionWork[],
  limit: RateLimit,
  stop: (reason: StopReason) => void,
  done: AbortSignal,
): Promise<void> {
  for (let turn = 0; !done.aborted; turn++) {
    const works = held();
    const [first] = works;
    if (first === undefined) return;
    try {
      await deps.unitOfWork.run(async (tx) => {
        if (turn % Math.ceil(renewEveryMs / watchEveryMs) === 0) {
          const kept = new Set(await deps.folds.renew(tx, works, leaseMs));
          const stillHeld = new Set(held().map((work) => work.partition));
          if (works.some((work) => stillHeld.has(work.partition) && !kept.has(work.partition)))
            stop('lease-lost');
        }
        const control = await deps.folds.control(tx, first.replayId);
        if (control === null || (control.status !== 'folding' && control.status !== 'queued')) stop('ended');
        else if (control.intent === 'pause' || control.intent === 'cancel') stop(control.intent);
        else limit.set(shareOf(control.rateLimit, works.length, control.folding));
      });
    } catch (error) {
      // The database may be away for a moment. If it stays away the leases run out, and a commit will say so.
      deps.log.warn(
        { replayId: first.replayId, error: String(error) },
        'could not renew the leases of a lot',
      );
    }
    await deps.clock.wait(watchEveryMs, done).catch(() => undefined);
  }
}

const watchEveryMs = 500;

function shareOf(rate: number | null, held: number, folding: number): number | null {
  return rate === null ? null : (rate * held) / Math.max(folding, held, 1);
}

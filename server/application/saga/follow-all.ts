import { RepriseError } from '../../domain/shared/errors.ts';
import { CONTRACTS_AT_ONCE, OVERDUE_MS, overdueWords, TurnsApart } from '../contracts/turns-apart.ts';
import type { WatchedSaga } from '../ports/sagas.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { SagaDeps } from './deps.ts';
import { causeOf } from './tell-stuck.ts';
import { followSagas, LEASE_MS, leaseOf } from './track-sagas.ts';

/** Code that did not answer is tried again after a minute, and after each time in twice as long, up to an hour. */
const AGAIN_MS = 60_000;
const LONGEST_AGAIN_MS = 3_600_000;

type Rest = { readonly version: number; readonly untilMs: number; readonly pauseMs: number };

export type SagaTracking = {
  /** Begins a turn of every contract that names a saga and has none under way; `ended` is when those have ended. */
  begin(signal: AbortSignal): Promise<{ readonly ended: Promise<void> }>;
};

/**
 * Follows the history of every contract that names a saga, each apart from the others: what cannot be followed, or
 * hangs, is said, and others go on.
 */
export function createSagaTracking(deps: SagaDeps, holder: string): SagaTracking {
  const turns = new TurnsApart({
    clock: deps.clock,
    atOnce: CONTRACTS_AT_ONCE,
    overdueMs: OVERDUE_MS,
    tell: ({ contractId, since, count }) => {
      deps.log.warn({ contractId, since, count }, 'following sagas does not get on');
      void sayOverdue(deps, holder, contractId, overdueWords({ since })).catch((error: unknown) =>
        deps.log.warn({ error, contractId }, 'could not say that sagas are not followed'),
      );
    },
  });
  /** Contracts whose code did not answer: each try of it costs the worker's thread seconds. */
  const resting = new Map<string, Rest>();
  const rest = ({ contractId, version }: WatchedSaga) => {
    const before = resting.get(contractId);
    const pauseMs = before?.version === version ? Math.min(2 * before.pauseMs, LONGEST_AGAIN_MS) : AGAIN_MS;
    resting.set(contractId, { version, pauseMs, untilMs: deps.clock.now().getTime() + pauseMs });
  };
  const isResting = ({ contractId, version }: WatchedSaga) => {
    const found = resting.get(contractId);
    return found?.version === version && deps.clock.now().getTime() < found.untilMs;
  };
  const followOne = async (watched: WatchedSaga, signal: AbortSignal, alive: () => void) => {
    if (signal.aborted || isResting(watched)) return;
    try {
      await followSagas(deps, watched, { holder, signal, alive });
      resting.delete(watched.contractId);
    } catch (error) {
      if (error instanceof RepriseError && error.code === 'projection-stuck') rest(watched);
      if (signal.aborted || (error instanceof RepriseError && error.code === 'lease-lost')) return;
      await sayProblem(deps, watched.contractId, error);
    }
  };
  return {
    async begin(signal) {
      const watched = await deps.unitOfWork.run(async (tx) => {
        const found = await deps.sagas.watched(tx);
        await clearUnwatched(deps, tx, found);
        return found;
      });
      return turns.begin(
        watched.map((each) => ({
          contractId: each.contractId,
          run: (alive) =>
            followOne(each, signal, alive).catch((error: unknown) =>
              deps.log.warn(
                { error, contractId: each.contractId },
                'could not say why sagas are not followed',
              ),
            ),
        })),
      );
    },
  };
}

/** A contract whose new version names no saga: nobody watches its sagas, so nobody can say that they are stuck. */
async function clearUnwatched(
  { sagas, signals, live, clock }: SagaDeps,
  tx: Transaction,
  watched: readonly WatchedSaga[],
): Promise<void> {
  const names = watched.map(({ contractId }) => contractId);
  for (const contractId of await sagas.forgetUnwatched(tx, names)) {
    await signals.clear(tx, {
      cause: causeOf(contractId),
      at: clock.now(),
      sentence: `The contract ${contractId} names no saga any more, so none of it is watched. Those that were stuck may be so still.`,
      facts: {},
    });
    await live.notify(tx, `sagas:${contractId}`);
  }
}

async function sayProblem(deps: SagaDeps, contractId: string, error: unknown): Promise<void> {
  const problem = error instanceof RepriseError ? error.message : 'It failed unexpectedly: see the log.';
  const isNews = await deps.unitOfWork.run(async (tx) => {
    const news = await deps.sagas.cannotFollow(tx, contractId, problem);
    if (news) await deps.live.notify(tx, `sagas:${contractId}`);
    return news;
  });
  if (isNews) deps.log.warn({ error, contractId }, 'sagas can not be followed; it is tried again');
}

/** Only where nobody else follows it, whose word it is then; and the lease is left to whoever can. */
async function sayOverdue(
  { unitOfWork, leases, sagas, live }: SagaDeps,
  holder: string,
  contractId: string,
  problem: string,
): Promise<void> {
  await unitOfWork.run(async (tx) => {
    if (!(await leases.hold(tx, leaseOf(contractId), holder, LEASE_MS))) return;
    if (await sagas.cannotFollow(tx, contractId, problem)) await live.notify(tx, `sagas:${contractId}`);
    await leases.release(tx, leaseOf(contractId), holder);
  });
}

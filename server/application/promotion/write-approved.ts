import type { DerivedState } from '../../domain/contract/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Written } from '../ports/promotion-target.ts';
import type { PromotionRow } from '../ports/promotions.ts';
import type { Lease } from '../ports/replay-store.ts';
import { withHistory } from '../replay/open-contract.ts';
import type { Phase } from '../replay/phase.ts';
import type { OpenHistory } from '../replay/state-overlay.ts';
import { loadSubjects } from '../replay/subjects.ts';
import { decideKeys } from './decide-keys.ts';
import type { PromotionRunnerDeps } from './deps.ts';
import { digestOfChanges } from './diff-digest.ts';
import { expectedAt, overtaken, type Undone } from './expected-at.ts';

/** Writes what was approved and still stands. null: a later token has been at the target. */
export async function writeApproved(
  deps: PromotionRunnerDeps,
  phase: Phase,
  row: PromotionRow,
  state: DerivedState<unknown>,
  lease: Lease,
): Promise<{ readonly written: Written; readonly heldMs: number } | null> {
  const changes = await deps.unitOfWork.run((tx) => deps.promotions.changes(tx, row.id));
  if (digestOfChanges(deps, changes) !== row.plan.diffDigest)
    throw new RepriseError(
      'promotion-conflict',
      'What is to be written is not what was approved: its changes are others than its plan names.',
    );
  const undone = await undoneBy(deps, row);
  const subjects = await loadSubjects(deps, phase.running.contract);
  return withHistory(deps, phase.running.contract, async ({ reader, decoder }) => {
    const history: OpenHistory = { reader, decoder, subjects };
    await lookAhead(deps, phase, history, state, { changes, undone });
    const promoted = await deps.target.promote(state, {
      promotionId: row.id,
      token: lease.token,
      keys: changes.map(({ key }) => key),
      undoes: row.undoes,
      holdMs: deps.longestHoldMs,
      at: deps.at,
      decide: async (appliedAt, rows, hold) => {
        const wanted = { changes, undone };
        const expected = await withinHold(deps, phase, hold, (bounded) =>
          expectedAt(bounded, history, state, appliedAt, wanted),
        );
        return decideKeys(changes, rows, expected);
      },
    });
    return promoted.kind === 'stale' ? null : promoted;
  });
}

/** Folds for no longer than a projector may be made to wait. */
async function withinHold<T>(
  { longestHoldMs }: PromotionRunnerDeps,
  phase: Phase,
  hold: AbortSignal,
  work: (bounded: Phase) => Promise<T>,
): Promise<T> {
  try {
    const result = await work({ ...phase, signal: AbortSignal.any([phase.signal, hold]) });
    phase.signal.throwIfAborted();
    hold.throwIfAborted();
    return result;
  } catch (error) {
    if (!hold.aborted || phase.signal.aborted) throw error;
    throw overtaken(
      `What history says at the projector's position could not be folded within the ${longestHoldMs / 1000} s that a projector may be made to wait. Replay again, so that there is less to fold, and promote that.`,
    );
  }
}

/** Without holding anything: what would be refused is refused here, and what has to be opened and read is warm then. */
async function lookAhead(
  deps: PromotionRunnerDeps,
  phase: Phase,
  history: OpenHistory,
  state: DerivedState<unknown>,
  wanted: Parameters<typeof expectedAt>[4],
): Promise<void> {
  const appliedAt = await deps.derivedStates.positionOf(state);
  await withinHold(deps, phase, AbortSignal.timeout(deps.longestHoldMs), (bounded) =>
    expectedAt(bounded, history, state, appliedAt, wanted),
  );
}

/** Where the promotion that is to be undone was written, and what it did there. */
async function undoneBy(deps: PromotionRunnerDeps, row: PromotionRow): Promise<Undone | null> {
  const { undoes } = row;
  if (undoes === null) return null;
  return deps.unitOfWork.run(async (tx) => {
    const promotion = await deps.promotions.find(tx, undoes);
    if (promotion === null || promotion.outcome === null || promotion.undoneBy !== null)
      throw overtaken('What it is to undo has been undone already, or was never written.');
    const done = await deps.promotions.changes(tx, undoes);
    return {
      positions: promotion.outcome.positions,
      keys: done.flatMap((each) => (each.result === null ? [] : [{ ...each, ...each.result }])),
    };
  });
}

import type { DerivedState } from '../../domain/contract/index.ts';
import { type KeyOutcome, standingOf, type Write } from '../../domain/promotion/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { LiveRow } from '../ports/derived-state.ts';
import type { Decided, Written } from '../ports/promotion-target.ts';
import type { ChangeOutcome, ChangeRow, PromotionOutcome, PromotionRow } from '../ports/promotions.ts';
import type { Lease } from '../ports/replay-store.ts';
import { judgeFailure } from '../replay/failures.ts';
import { loadRunning, withHistory } from '../replay/open-contract.ts';
import type { Phase } from '../replay/phase.ts';
import type { OpenHistory } from '../replay/state-overlay.ts';
import { loadSubjects } from '../replay/subjects.ts';
import { longestHoldMs, type PromotionRunnerDeps, promotionLeaseMs, promotionRenewMs } from './deps.ts';
import { type Expected, expectedAt, overtaken, type Undone } from './expected-at.ts';
import { lookAgain } from './look-again.ts';
import { endPromotion, tellOfPromotion, tellPromotion } from './record-promotion.ts';

/**
 * Carries an approved promotion out. The intent is committed with its token before anything is written elsewhere; the
 * target takes the write under that token and notes it beside the rows; then the outcome is recorded. A worker that
 * vanishes anywhere in between leaves it to the next one, which finds in the target whether it was done.
 */
export async function runPromotion(
  deps: PromotionRunnerDeps,
  promotionId: string,
  owner: string,
  shutdown: AbortSignal,
): Promise<void> {
  const claimed = await claim(deps, promotionId, owner);
  if (claimed === null) return;
  await deps.at('claimed');
  const { row, lease } = claimed;
  const done = new AbortController();
  const lost = new AbortController();
  const keeping = keep(deps, row, lease, lost, done.signal);
  try {
    await carryOut(deps, row, lease, AbortSignal.any([lost.signal, shutdown]));
  } catch (error) {
    if (!shutdown.aborted && !lost.signal.aborted) await takeFailure(deps, row, lease, error);
  } finally {
    done.abort();
    await keeping;
    await deps.unitOfWork
      .run((tx) => deps.promotions.release(tx, promotionId, lease))
      .catch((error: unknown) =>
        deps.log.warn({ promotionId, error: String(error) }, 'could not give a promotion back'),
      );
  }
}

const TAKEN_BACK = 'its approvals ran out or were taken back before a worker took it up';

type Claimed = { readonly row: PromotionRow; readonly lease: Lease };

/** The intent: nothing is done elsewhere that was not committed here first, with the token that it is done under. */
function claim(deps: PromotionRunnerDeps, promotionId: string, owner: string): Promise<Claimed | null> {
  return deps.unitOfWork.run(async (tx) => {
    const row = await deps.promotions.lock(tx, promotionId);
    if (row === null) return null;
    if (row.status === 'queued' && !(await deps.promotions.isApproved(tx, promotionId))) {
      // Its approvals ran out, or were taken back, before anybody began: it waits again.
      await deps.promotions.setStatus(tx, promotionId, 'awaiting-approval');
      await deps.audit.append(tx, {
        actor: 'reprise',
        action: 'promotion.approval-lost',
        subject: `promotion:${promotionId}`,
        outcome: 'done',
        detail: { why: TAKEN_BACK },
      });
      await tellOfPromotion(deps, tx, row, {
        kind: 'taken-back',
        audience: ['approvers', 'requester'],
        why: TAKEN_BACK,
      });
      await tellPromotion(deps, tx, row);
      return null;
    }
    const lease = await deps.promotions.claim(tx, promotionId, owner, promotionLeaseMs);
    if (lease === null) return null;
    await deps.audit.append(tx, {
      actor: 'reprise',
      action: 'promotion.began',
      subject: `promotion:${promotionId}`,
      outcome: 'done',
      detail: { token: lease.token.toString(), planHash: row.planHash, diffDigest: row.plan.diffDigest },
    });
    await tellPromotion(deps, tx, row);
    return { row, lease };
  });
}

async function keep(
  deps: PromotionRunnerDeps,
  row: PromotionRow,
  lease: Lease,
  lost: AbortController,
  done: AbortSignal,
): Promise<void> {
  while (!done.aborted) {
    await deps.clock.wait(promotionRenewMs, done).catch(() => undefined);
    if (done.aborted) return;
    try {
      const held = await deps.unitOfWork.run((tx) =>
        deps.promotions.hold(tx, row.id, lease, promotionLeaseMs),
      );
      if (!held && !done.aborted) lost.abort();
    } catch (error) {
      deps.log.warn(
        { promotionId: row.id, error: String(error) },
        'could not renew the lease of a promotion',
      );
    }
  }
}

async function carryOut(
  deps: PromotionRunnerDeps,
  row: PromotionRow,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  const running = await loadRunning(deps, row.replayId);
  const state = running.contract.derivedStates[row.derivedState];
  if (state === undefined)
    throw new RepriseError('contract-invalid', `The contract has no derived state ${row.derivedState}.`);
  const phase: Phase = { deps, running, replayId: row.replayId, lease, signal };
  const fenced = await deps.target.fence(state, row.id, lease.token);
  await deps.at('fenced');
  if (fenced.kind === 'stale') return;
  if (fenced.kind === 'written') return record(deps, phase, row, lease, fenced.written, null);
  // From here on no earlier worker can write: what is not there will not come.
  if (!(await deps.unitOfWork.run((tx) => deps.promotions.isApproved(tx, row.id))))
    throw overtaken('Its approvals ran out or were taken back before anything was written.');
  const written = await write(phase, row, state, lease);
  if (written === null) return;
  await deps.at('committed');
  await record(deps, phase, row, lease, written.written, written.heldMs);
}

/** null: a later token has been at the target. */
async function write(
  phase: Phase,
  row: PromotionRow,
  state: DerivedState<unknown>,
  lease: Lease,
): Promise<{ readonly written: Written; readonly heldMs: number } | null> {
  const deps = phase.deps as PromotionRunnerDeps;
  const changes = await deps.unitOfWork.run((tx) => deps.promotions.changes(tx, row.id));
  const undone = await undoneBy(deps, row);
  const subjects = await loadSubjects(deps, phase.running.contract);
  return withHistory(deps, phase.running.contract, async ({ reader, decoder }) => {
    const history: OpenHistory = { reader, decoder, subjects };
    await lookAhead(phase, history, state, { changes, undone });
    const promoted = await deps.target.promote(state, {
      promotionId: row.id,
      token: lease.token,
      keys: changes.map(({ key }) => key),
      holdMs: longestHoldMs,
      at: deps.at,
      decide: async (appliedAt, rows, hold) => {
        const bounded = { ...phase, signal: AbortSignal.any([phase.signal, hold]) };
        try {
          const expected = await expectedAt(bounded, history, state, appliedAt, { changes, undone });
          bounded.signal.throwIfAborted();
          return decide(changes, rows, expected);
        } catch (error) {
          if (!hold.aborted) throw error;
          throw tooFar(longestHoldMs);
        }
      },
    });
    return promoted.kind === 'stale' ? null : promoted;
  });
}

const tooFar = (ms: number) =>
  overtaken(
    `What history says at the projector's position could not be folded within the ${ms / 1000} s that a projector may be made to wait. Replay again, so that there is less to fold, and promote that.`,
  );

/** Without holding anything: what would be refused is refused here, and what has to be opened and read is warm then. */
async function lookAhead(
  phase: Phase,
  history: OpenHistory,
  state: DerivedState<unknown>,
  wanted: Parameters<typeof expectedAt>[4],
): Promise<void> {
  const { deps } = phase;
  const snapshot = await deps.derivedStates.openSnapshot(state);
  const { appliedAt } = snapshot;
  await snapshot.close();
  const sinceMs = deps.clock.now().getTime();
  await expectedAt(phase, history, state, appliedAt, wanted);
  if (deps.clock.now().getTime() - sinceMs > longestHoldMs) throw tooFar(longestHoldMs);
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

/** What the target keeps of it, so that whoever comes next knows how it went. */
type TargetOutcome = {
  readonly positions: PromotionOutcome['positions'];
  readonly keys: readonly ChangeOutcome[];
};

function decide(
  changes: readonly ChangeRow[],
  rows: ReadonlyMap<string, LiveRow['fields']>,
  expected: {
    readonly positions: PromotionOutcome['positions'];
    readonly rows: ReadonlyMap<string, Expected>;
  },
): Decided {
  const writes: Write[] = [];
  const keys: ChangeOutcome[] = [];
  for (const change of changes) {
    const { key } = change;
    const live = rows.get(key) ?? null;
    const wanted = expected.rows.get(key) ?? { fields: null };
    const standing =
      'why' in wanted
        ? ({ outcome: 'changed', why: wanted.why } as const)
        : standingOf(change, wanted.fields, live);
    if (standing.outcome === 'written') {
      const { write } = standing;
      writes.push(write);
      const after = write.kind === 'delete' ? null : { ...live, ...write.fields };
      keys.push({ key, outcome: 'written', why: null, before: live, after });
    } else {
      const why = standing.outcome === 'changed' ? standing.why : null;
      keys.push({ key, outcome: standing.outcome, why, before: live, after: live });
    }
  }
  const outcome: TargetOutcome = { positions: expected.positions, keys };
  return { writes, outcome };
}

/** The outcome: what the target says was done, what is found there now, and the evidence of both. */
async function record(
  deps: PromotionRunnerDeps,
  phase: Phase,
  row: PromotionRow,
  lease: Lease,
  written: Written,
  heldMs: number | null,
): Promise<void> {
  // Our own adapter has written it, in the transaction of the rows.
  const { positions, keys } = written.outcome as TargetOutcome;
  const count = (outcome: KeyOutcome) => keys.filter((each) => each.outcome === outcome).length;
  const after = await lookAgain(
    phase,
    keys.map(({ key }) => key),
  );
  const outcome: PromotionOutcome = {
    token: written.token,
    appliedAt: written.appliedAt,
    positions,
    heldMs,
    written: count('written'),
    alreadyRight: count('already-right'),
    changed: count('changed'),
    after,
  };
  await deps.unitOfWork.run(async (tx) => {
    if (!(await deps.promotions.hold(tx, row.id, lease, promotionLeaseMs)))
      throw new RepriseError('lease-lost', `Another worker has taken over promotion ${row.id}.`);
    await deps.promotions.noteOutcomes(tx, row.id, keys);
    const nothing = outcome.written === 0 && outcome.changed > 0;
    await endPromotion(deps, tx, row, {
      status: nothing ? 'refused' : 'promoted',
      failure: nothing
        ? {
            code: 'promotion-overtaken',
            sentence:
              'Nothing was written: of what was approved nothing stands as it was approved. Replay again.',
          }
        : null,
      outcome,
      actor: 'reprise',
    });
  });
  await deps.at('recorded');
  deps.log.info(
    { promotionId: row.id, written: outcome.written, changed: outcome.changed, heldMs },
    'a promotion is done',
  );
}

/** It waits and is taken up again by itself, or it ends, and says why. */
async function takeFailure(
  deps: PromotionRunnerDeps,
  row: PromotionRow,
  lease: Lease,
  error: unknown,
): Promise<void> {
  const first = judgeFailure(error, { retries: 0, lasting: 0 });
  if (first.kind === 'lost') return;
  await deps.unitOfWork.run(async (tx) => {
    if (!(await deps.promotions.hold(tx, row.id, lease, promotionLeaseMs))) return;
    const tries =
      first.kind === 'again'
        ? await deps.promotions.setProblem(tx, row.id, first)
        : { retries: 0, lasting: 0 };
    const verdict = judgeFailure(error, tries);
    if (verdict.kind !== 'ends') {
      deps.log.warn(
        { promotionId: row.id, ...tries, error: String(error) },
        'a promotion waits and is tried again',
      );
      return tellPromotion(deps, tx, row);
    }
    deps.log.error(
      { promotionId: row.id, code: verdict.code, error: String(error) },
      'a promotion ends unwritten',
    );
    const { code, sentence } = verdict;
    const refused = code === 'promotion-overtaken' || code === 'promotion-target-unfit';
    await endPromotion(deps, tx, row, {
      status: refused ? 'refused' : 'failed',
      failure: { code, sentence },
      outcome: null,
      actor: 'reprise',
    });
  });
}

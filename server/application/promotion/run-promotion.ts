import { sentenceOf } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { PromotionRow } from '../ports/promotions.ts';
import type { Lease } from '../ports/replay-store.ts';
import { judgeFailure } from '../replay/failures.ts';
import { loadRunning } from '../replay/open-contract.ts';
import type { Phase } from '../replay/phase.ts';
import { claimPromotion, stateOf } from './claim-promotion.ts';
import { type PromotionRunnerDeps, promotionLeaseMs, promotionRenewMs } from './deps.ts';
import { overtaken } from './expected-at.ts';
import { recordOutcome } from './record-outcome.ts';
import { endPromotion, tellPromotion } from './record-promotion.ts';
import { writeApproved } from './write-approved.ts';

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
  const claimed = await claimPromotion(deps, promotionId, owner);
  if (claimed === null) return;
  await deps.at('claimed');
  const { row, lease } = claimed;
  const done = new AbortController();
  const lost = new AbortController();
  // An earlier worker may have come to writing.
  const target: Touched = { mayHold: row.status === 'running' };
  const keeping = keep(deps, row, lease, lost, done.signal);
  try {
    await carryOut(deps, row, lease, target, AbortSignal.any([lost.signal, shutdown]));
  } catch (error) {
    if (!shutdown.aborted && !lost.signal.aborted) await takeFailure(deps, row, lease, target, error);
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

/** Whether the target may hold what the promotion writes, for all that is known here. */
type Touched = { mayHold: boolean };

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
  target: Touched,
  signal: AbortSignal,
): Promise<void> {
  const running = await loadRunning(deps, row.replayId);
  const state = stateOf(running, row);
  const phase: Phase = { deps, running, replayId: row.replayId, lease, signal };
  const fenced = await deps.target.fence(state, row.id, lease.token);
  target.mayHold = fenced.kind !== 'held';
  await deps.at('fenced');
  if (fenced.kind === 'stale') return;
  if (fenced.kind === 'written')
    return recordOutcome(deps, phase, row, lease, { written: fenced.written, heldMs: null });
  // From here on no earlier worker can write: what is not there will not come.
  await refuseOvertaken(deps, row);
  target.mayHold = true;
  const written = await writeApproved(deps, phase, row, state, lease);
  if (written === null) return;
  await deps.at('committed');
  await recordOutcome(deps, phase, row, lease, written);
}

/** What has changed since the last approval, whoever was slow to see it. */
async function refuseOvertaken(deps: PromotionRunnerDeps, row: PromotionRow): Promise<void> {
  if (!(await deps.unitOfWork.run((tx) => deps.promotions.isApproved(tx, row.id))))
    throw overtaken('Its approvals ran out or were taken back before anything was written.');
  const latest = await deps.contracts.latest(row.contractId);
  if (latest !== null && latest.digest !== row.plan.contract.bundleDigest)
    throw overtaken(
      `Version ${latest.version} of the contract has been registered since, and what was approved is from version ${row.contractVersion}. Replay again, and promote what that comes to.`,
    );
}

/**
 * It waits and is taken up again by itself, or it ends, and says why. It ends only where its target holds nothing of it:
 * what was written is recorded as written, however long that takes.
 */
async function takeFailure(
  deps: PromotionRunnerDeps,
  row: PromotionRow,
  lease: Lease,
  target: Touched,
  error: unknown,
): Promise<void> {
  const first = judgeFailure(error, { retries: 0, lasting: 0 });
  if (first.kind === 'lost') return;
  const said = target.mayHold ? await askTarget(deps, row, lease) : 'unwritten';
  const [unwritten, asked] = [said === 'unwritten', said !== null];
  const wait = { sentence: sentenceOf(error), lasting: true };
  try {
    await deps.unitOfWork.run(async (tx) => {
      if (!(await deps.promotions.hold(tx, row.id, lease, promotionLeaseMs))) return;
      const problem = first.kind === 'again' ? first : wait;
      const tries = await deps.promotions.setProblem(tx, row.id, { ...problem, asked });
      const verdict = first.kind === 'again' ? judgeFailure(error, tries) : first;
      if (verdict.kind !== 'ends' || !unwritten) {
        deps.log.warn(
          { promotionId: row.id, ...tries, said, error: String(error) },
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
  } catch (ending) {
    // Not even its end could be recorded: it waits for that, instead of being taken up again at once.
    deps.log.error({ promotionId: row.id, error: String(ending) }, 'could not record the end of a promotion');
    await deps.unitOfWork.run(async (tx) => {
      if (!(await deps.promotions.hold(tx, row.id, lease, promotionLeaseMs))) return;
      await deps.promotions.setProblem(tx, row.id, { sentence: sentenceOf(ending), lasting: true, asked });
      await tellPromotion(deps, tx, row);
    });
  }
}

/**
 * What the target says of the promotion. null: it can't be asked, and may hold it. `later`: it answers, and can tell
 * once a worker with a later token or a stopped projector has made sure that nothing is under way any more.
 */
async function askTarget(
  deps: PromotionRunnerDeps,
  row: PromotionRow,
  lease: Lease,
): Promise<'unwritten' | 'written' | 'later' | null> {
  try {
    const state = stateOf(await loadRunning(deps, row.replayId), row);
    const { kind } = await deps.target.fence(state, row.id, lease.token);
    return kind === 'held' ? 'unwritten' : kind === 'written' ? 'written' : 'later';
  } catch (error) {
    if (error instanceof RepriseError && error.code === 'projector-running') return 'later';
    deps.log.warn({ promotionId: row.id, error: String(error) }, 'could not ask the target of a promotion');
    return null;
  }
}

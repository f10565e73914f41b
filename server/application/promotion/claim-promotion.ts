import { RepriseError } from '../../domain/shared/errors.ts';
import type { PromotionRow } from '../ports/promotions.ts';
import type { Lease } from '../ports/replay-store.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { judgeFailure } from '../replay/failures.ts';
import { loadRunning, type RunningReplay } from '../replay/open-contract.ts';
import { type PromotionRunnerDeps, promotionLeaseMs } from './deps.ts';
import { endPromotion, tellOfPromotion, tellPromotion } from './record-promotion.ts';

const TAKEN_BACK =
  'its approvals, or the broken glass in their place, did not count any more before a worker took it up';

export type Claimed = { readonly row: PromotionRow; readonly lease: Lease };

/** The intent: nothing is done elsewhere that was not committed here first, with the token that it is done under. */
export async function claimPromotion(
  deps: PromotionRunnerDeps,
  promotionId: string,
  owner: string,
): Promise<Claimed | null> {
  const obstacle = await obstacleOf(deps, promotionId);
  return deps.unitOfWork.run(async (tx) => {
    const row = await deps.promotions.lock(tx, promotionId);
    if (row === null) return null;
    if (row.status === 'queued') {
      if (!(await deps.promotions.isApproved(tx, promotionId))) return takeBack(deps, tx, row);
      if (obstacle !== null) return keepQueued(deps, tx, row, obstacle);
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

/**
 * What its target waits for before anybody may begin. Asked while it is queued: then nothing of it can stand in the
 * target, and it can be withdrawn or run out, however long that waits.
 */
async function obstacleOf(deps: PromotionRunnerDeps, promotionId: string): Promise<unknown> {
  const row = await deps.unitOfWork.run((tx) => deps.promotions.find(tx, promotionId));
  if (row === null || row.status !== 'queued') return null;
  try {
    await deps.target.refuseEarly(stateOf(await loadRunning(deps, row.replayId), row));
    return null;
  } catch (error) {
    return error;
  }
}

/** Its approvals ran out, or were taken back, before anybody began: it waits for them again. */
async function takeBack(deps: PromotionRunnerDeps, tx: Transaction, row: PromotionRow): Promise<null> {
  await deps.promotions.setStatus(tx, row.id, 'awaiting-approval');
  await deps.promotions.setProblem(tx, row.id, null);
  await deps.audit.append(tx, {
    actor: 'reprise',
    action: 'promotion.approval-lost',
    subject: `promotion:${row.id}`,
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

async function keepQueued(
  deps: PromotionRunnerDeps,
  tx: Transaction,
  row: PromotionRow,
  obstacle: unknown,
): Promise<null> {
  const first = judgeFailure(obstacle, { retries: 0, lasting: 0 });
  // Nothing of it stands anywhere before it begins: that is known without asking.
  const tries =
    first.kind === 'again' ? await deps.promotions.setProblem(tx, row.id, { ...first, asked: true }) : null;
  const verdict = tries === null ? first : judgeFailure(obstacle, tries);
  if (verdict.kind === 'ends') {
    const { code, sentence } = verdict;
    deps.log.error({ promotionId: row.id, code, error: String(obstacle) }, 'a promotion ends unwritten');
    const status = code === 'promotion-target-unfit' ? 'refused' : 'failed';
    const failure = { code, sentence };
    await endPromotion(deps, tx, row, { status, failure, outcome: null, actor: 'reprise' });
    return null;
  }
  deps.log.info(
    { promotionId: row.id, ...tries, error: String(obstacle) },
    'a promotion waits before it begins',
  );
  await tellPromotion(deps, tx, row);
  return null;
}

export function stateOf({ contract }: RunningReplay, row: PromotionRow) {
  const state = contract.derivedStates[row.derivedState];
  if (state === undefined)
    throw new RepriseError('contract-invalid', `The contract has no derived state ${row.derivedState}.`);
  return state;
}

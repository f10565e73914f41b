import { whyNotDecide } from '../../domain/approval/index.ts';
import { unknownCode, whyNotUnknown } from '../../domain/promotion/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { refuseStale } from '../approval/refuse-stale.ts';
import type { PromotionCommandDeps } from './deps.ts';
import { endPromotion } from './record-promotion.ts';

export type UnknownRequest = {
  readonly promotionId: string;
  readonly reason: string;
  readonly personId: string;
  /** null: a token asks, and this is for somebody who is there. */
  readonly sessionId: string | null;
};

/**
 * Ends by hand what a worker began and whose target can't be asked any more. The record says that nobody could ask,
 * and neither that it was written nor that it was not. It is for whoever could have approved it.
 */
export function recordUnknown(deps: PromotionCommandDeps, request: UnknownRequest): Promise<void> {
  return deps.unitOfWork.run(async (tx) => {
    const row = await deps.promotions.lock(tx, request.promotionId);
    if (row === null)
      throw new RepriseError('promotion-not-found', `There is no promotion ${request.promotionId}.`);
    await deps.approvals.holdPerson(tx, request.personId);
    await refuseStale(deps, tx, request.sessionId);
    const now = await deps.approvals.now(tx);
    const whyNot = whyNotUnknown(row, now);
    if (whyNot !== null) throw new RepriseError('promotion-conflict', whyNot);
    const reason = request.reason.trim();
    if (reason === '')
      throw new RepriseError('input-invalid', 'Recording it as unknown has a reason.', { where: 'reason' });
    const person = await deps.people.find(tx, request.personId);
    const version = await deps.contracts.within(tx).version(row.contractId, row.contractVersion);
    if (person === null || version === null)
      throw new RepriseError(
        'promotion-conflict',
        'Who records it, or what it is about, is not known any more.',
      );
    const { planHash, requestedBy, plan } = row;
    const asked = { planHash, requestedBy, approvalsNeeded: plan.approvalsNeeded, authors: version.authors };
    // Whoever approved it may say this too.
    const whyNotThey = whyNotDecide(person, asked, [], now);
    if (whyNotThey !== null) throw new RepriseError('forbidden', whyNotThey);
    const sentence = `Nobody could ask its target whether it was written, and somebody recorded that by hand: ${reason}`;
    await endPromotion(deps, tx, row, {
      status: 'failed',
      failure: { code: unknownCode, sentence },
      outcome: null,
      actor: request.personId,
    });
  });
}

import type { KeyOutcome } from '../../domain/promotion/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Written } from '../ports/promotion-target.ts';
import type { PromotionOutcome, PromotionRow } from '../ports/promotions.ts';
import type { Lease } from '../ports/replay-store.ts';
import type { Phase } from '../replay/phase.ts';
import type { TargetOutcome } from './decide-keys.ts';
import { type PromotionRunnerDeps, promotionLeaseMs } from './deps.ts';
import { lookAgain } from './look-again.ts';
import { endPromotion } from './record-promotion.ts';

/** What the target says was done, what is found there now, and the evidence of both. */
export async function recordOutcome(
  deps: PromotionRunnerDeps,
  phase: Phase,
  row: PromotionRow,
  lease: Lease,
  { written, heldMs }: { readonly written: Written; readonly heldMs: number | null },
): Promise<void> {
  // Our own adapter has written it, in the transaction of the rows.
  const { positions, keys } = written.outcome as TargetOutcome;
  const count = (outcome: KeyOutcome) => keys.filter((each) => each.outcome === outcome).length;
  const after = await lookAgain(
    phase,
    keys.map(({ key }) => key),
  );
  // A worker that stops could look at nothing any more: the next one does.
  phase.signal.throwIfAborted();
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

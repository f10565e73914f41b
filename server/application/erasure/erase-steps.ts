import type { ErasedCounts } from '../../domain/erasure/index.ts';
import type { StepRecord } from '../ports/erasures.ts';
import { type ErasureDeps, newErasure, type Run, whyOf } from './erasure-run.ts';

export type ErasedStep = {
  readonly evidenceId: string;
  /** Empty where the step is of none. */
  readonly contractId: string;
  /** null: it was a dry run. */
  readonly erasureId: string | null;
  readonly counts: ErasedCounts;
};

/**
 * Erases what stands beside records of no replay, which are those of runbooks' steps, one record a transaction: what a
 * step was given and gave, and what was said of it. Nothing goes on from that, so nothing waits for it.
 */
export async function eraseSteps(deps: ErasureDeps, run: Run): Promise<readonly ErasedStep[]> {
  const { contractId } = run.what;
  const days = run.what.kind === 'policy' ? run.what.days : null;
  const records = await deps.unitOfWork.run((tx) =>
    deps.erasures.stepRecords(tx, { contractId, days, match: run.match }),
  );
  const done: ErasedStep[] = [];
  for (const record of records) {
    const erased = await eraseOne(deps, run, record);
    if (erased !== null) done.push(erased);
  }
  return done;
}

function eraseOne(
  { unitOfWork, erasures, audit, ...deps }: ErasureDeps,
  run: Run,
  { evidenceId, contractId }: StepRecord,
): Promise<ErasedStep | null> {
  return unitOfWork.run(async (tx) => {
    const attachments = await erasures.besideRecord(tx, evidenceId, run.match);
    if (attachments.length === 0) return null;
    const counts = { attachments: attachments.length };
    const erased = { evidenceId, contractId, counts };
    if (run.dryRun) return { ...erased, erasureId: null };
    const erasure = newErasure(deps, run, { contractId });
    await erasures.eraseBesideRecord(tx, { ...erasure, attachments, counts });
    await audit.append(tx, {
      actor: run.actor,
      action: 'evidence.erased',
      subject: `evidence:${evidenceId}`,
      outcome: 'done',
      detail: { erasure: erasure.id, why: whyOf(run), user: run.user, counts },
    });
    return { ...erased, erasureId: erasure.id };
  });
}

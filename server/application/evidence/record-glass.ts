import { standingOf } from '../../domain/approval/index.ts';
import {
  type BreakGlassFacts,
  breakGlassRecord,
  breakGlassRemarks,
  incidentsNamedAtMost,
  remarksName,
  remarksText,
  statementText,
} from '../../domain/evidence/index.ts';
import type { Glass, GlassStore } from '../ports/break-glass.ts';
import type { PromotionStore } from '../ports/promotions.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { ReplayDeps } from '../replay/deps.ts';
import { type RecordDeps, recordEvidence } from './record-evidence.ts';

export type GlassRecordDeps = RecordDeps &
  Pick<ReplayDeps, 'newId' | 'sha256' | 'replays' | 'approvals'> & {
    readonly glass: GlassStore;
    readonly promotions: Pick<PromotionStore, 'find'>;
  };

/**
 * Broken glass as a record of its own, in the transaction in which it breaks; and again when its review is closed.
 * The database links it to the incidents that it names.
 */
export async function recordGlass(deps: GlassRecordDeps, tx: Transaction, glassId: string): Promise<void> {
  const glass = await deps.glass.lock(tx, glassId);
  if (glass === null) throw new Error(`broken glass ${glassId} is not there to be recorded`);
  const { replayId, facts } = await gather(deps, tx, glass);
  const remarks = remarksText(breakGlassRemarks(facts, deps.newId()));
  const remarksDigest = deps.sha256(remarks);
  const text = statementText(breakGlassRecord({ ...facts, remarksDigest }));
  await recordEvidence(deps, tx, { id: deps.newId(), text, unsaid: { replayId } }, [
    { name: remarksName, text: remarks, sha256: remarksDigest },
  ]);
}

async function gather(deps: GlassRecordDeps, tx: Transaction, glass: Glass) {
  const { second, review, firstBy, firstAt, firstReason, planHash } = glass;
  if (second === null) throw new Error(`glass ${glass.id} is not broken, so that there is nothing to record`);
  const { replayId, requestedBy, version, needed } = await subjectOf(deps, tx, glass);
  const act = review === null ? null : await deps.glass.recordOf(tx, glass.id, replayId);
  const open =
    review === null
      ? await deps.glass.openIncidents(tx, glass.contractId, incidentsNamedAtMost)
      : { ids: act?.incidents ?? [], count: act?.incidentsOpen ?? 0 };
  const facts: Omit<BreakGlassFacts, 'remarksDigest'> = {
    actId: glass.id,
    subject: { kind: glass.subjectKind, id: glass.subjectId, requestedBy },
    contract: { id: glass.contractId, version },
    planHash,
    first: { by: firstBy, at: firstAt, reason: firstReason },
    second,
    approvals: review === null ? await approvalsOf(deps, tx, glass, needed) : null,
    incidents: open.ids,
    incidentsOpen: open.count,
    review:
      review === null
        ? null
        : { ...review, actRecord: act === null ? null : { id: act.id, sha256: act.digest } },
  };
  return { replayId, facts };
}

async function subjectOf(deps: GlassRecordDeps, tx: Transaction, { subjectKind, subjectId }: Glass) {
  if (subjectKind === 'promotion') {
    const row = await deps.promotions.find(tx, subjectId);
    if (row === null) throw new Error(`promotion ${subjectId}, which broken glass let run, is not there`);
    const { replayId, requestedBy, contractVersion: version, plan } = row;
    return { replayId, requestedBy, version, needed: Math.max(1, plan.approvalsNeeded) };
  }
  const row = await deps.replays.find(tx, subjectId);
  if (row === null) throw new Error(`replay ${subjectId}, which broken glass let run, is not there`);
  const { requestedBy, contractVersion: version, plan } = row;
  return { replayId: subjectId, requestedBy, version, needed: plan?.approvalsNeeded ?? 0 };
}

async function approvalsOf(
  { approvals }: GlassRecordDeps,
  tx: Transaction,
  { subjectKind, subjectId, planHash }: Glass,
  approvalsNeeded: number,
) {
  const decisions = await approvals.of(tx, subjectId, subjectKind);
  const { needed, given } = standingOf({ planHash, approvalsNeeded }, decisions, await approvals.now(tx));
  return { needed, counted: given };
}

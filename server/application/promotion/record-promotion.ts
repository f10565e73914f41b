import {
  type PromotionFacts,
  promotionRecord,
  promotionRemarks,
  promotionRowsText,
  remarksName,
  remarksText,
  rowsName,
  statementText,
} from '../../domain/evidence/index.ts';
import { unknownCode } from '../../domain/promotion/index.ts';
import type { AgreementStatus } from '../../domain/replay/index.ts';
import { glassFact } from '../approval/glass-fact.ts';
import { recordEvidence } from '../evidence/record-evidence.ts';
import type { ApprovalStore } from '../ports/approvals.ts';
import type { Telling } from '../ports/notices.ts';
import type { PromotionOutcome, PromotionRow, PromotionStore } from '../ports/promotions.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { ReplayDeps } from '../replay/deps.ts';
import { decisionsIn } from '../replay/write-evidence.ts';

type Deps = Pick<
  ReplayDeps,
  'results' | 'sealing' | 'clock' | 'newId' | 'sha256' | 'software' | 'audit' | 'live' | 'notices' | 'glass'
> & {
  readonly promotions: PromotionStore;
  readonly approvals: ApprovalStore;
};

export type PromotionEnding = {
  readonly status: PromotionFacts['status'];
  readonly failure: PromotionFacts['failure'];
  readonly outcome: PromotionOutcome | null;
  /** Who ends it: a person, or Reprise itself. */
  readonly actor: string;
};

const actions = {
  promoted: 'promotion.promoted',
  refused: 'promotion.refused',
  failed: 'promotion.failed',
  withdrawn: 'promotion.withdrawn',
} as const;

/** Ends a promotion: its evidence, its audit row and its row, in the transaction given. */
export async function endPromotion(
  deps: Deps,
  tx: Transaction,
  row: PromotionRow,
  ending: PromotionEnding,
): Promise<void> {
  const { outcome } = ending;
  const gathered: Omit<PromotionFacts, 'remarksDigest' | 'rowsDigest'> = {
    promotionId: row.id,
    status: ending.status,
    failure: ending.failure,
    plan: row.plan,
    planHash: row.planHash,
    written: outcome?.written ?? 0,
    alreadyRight: outcome?.alreadyRight ?? 0,
    changed: outcome?.changed ?? 0,
    target:
      outcome === null
        ? null
        : {
            token: outcome.token,
            appliedAt: outcome.appliedAt,
            heldMs: outcome.heldMs,
            positions: outcome.positions,
          },
    after: outcome?.after ?? null,
    approvals: decisionsIn(await deps.approvals.of(tx, row.id, 'promotion'), row.planHash),
    breakGlass: glassFact(await deps.glass.of(tx, 'promotion', row.id, row.planHash)),
    requestedBy: row.requestedBy,
    reason: row.reason,
    requestedAt: row.requestedAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: deps.clock.now().toISOString(),
    software: deps.software,
  };
  const rows = (await deps.promotions.changes(tx, row.id)).map(
    ({ magnitude: _, explanation: __, ...change }) => change,
  );
  const remarks = remarksText(promotionRemarks(gathered, deps.newId()));
  const rowsText = promotionRowsText(rows, deps.newId());
  const facts: PromotionFacts = {
    ...gathered,
    remarksDigest: deps.sha256(remarks),
    rowsDigest: deps.sha256(rowsText),
  };
  const { statement, attachments } = promotionRecord(facts, deps.sha256);
  const text = statementText(statement);
  const evidenceId = deps.newId();
  const beside = [
    { name: remarksName, text: remarks, sha256: facts.remarksDigest },
    { name: rowsName, text: rowsText, sha256: facts.rowsDigest },
  ];
  const unsaid = { agreement: agreementOf(row, outcome) };
  await recordEvidence(deps, tx, { id: evidenceId, text, unsaid }, [...beside, ...attachments]);
  await deps.promotions.end(tx, row.id, {
    status: ending.status,
    failure: ending.failure,
    outcome,
    evidenceId,
  });
  if (ending.status === 'promoted' && row.undoes !== null)
    await deps.promotions.markUndone(tx, row.undoes, row.id);
  await deps.audit.append(tx, {
    actor: ending.actor,
    action: ending.failure?.code === unknownCode ? 'promotion.recorded-unknown' : actions[ending.status],
    subject: `promotion:${row.id}`,
    outcome: ending.status === 'refused' ? 'refused' : 'done',
    detail: {
      replayId: row.replayId,
      derivedState: row.derivedState,
      planHash: row.planHash,
      evidenceId,
      ...(ending.failure === null ? {} : { code: ending.failure.code, sentence: ending.failure.sentence }),
      ...(outcome === null
        ? {}
        : {
            token: outcome.token,
            written: outcome.written,
            alreadyRight: outcome.alreadyRight,
            changed: outcome.changed,
            heldMs: outcome.heldMs,
          }),
    },
  });
  const rejected = ending.failure?.code === 'approval-rejected';
  await tellOfPromotion(deps, tx, row, {
    kind: rejected ? 'rejected' : 'ended',
    // Who was asked for an approval hears that none is needed any more.
    audience: ending.status === 'withdrawn' ? ['requester', 'told'] : ['requester'],
  });
  await tellPromotion(deps, tx, row);
  for (const topic of ['evidence', `states:${row.contractId}`, 'contracts'])
    await deps.live.notify(tx, topic);
}

/** Tells those concerned what has become of a promotion, in the transaction in which it becomes that. */
export function tellOfPromotion(
  deps: Pick<ReplayDeps, 'notices'>,
  tx: Transaction,
  row: Pick<PromotionRow, 'id' | 'contractId' | 'contractVersion' | 'requestedBy'>,
  telling: Pick<Telling, 'kind' | 'audience' | 'why' | 'except'>,
): Promise<void> {
  return deps.notices.tell(tx, {
    ...telling,
    subject: { kind: 'promotion', id: row.id },
    contractId: row.contractId,
    contractVersion: row.contractVersion,
    requestedBy: row.requestedBy,
  });
}

/** Pages that show it ask again. */
export async function tellPromotion(
  deps: Pick<ReplayDeps, 'live'>,
  tx: Transaction,
  row: Pick<PromotionRow, 'id' | 'replayId'>,
): Promise<void> {
  for (const topic of ['promotions', `promotion:${row.id}`, 'approvals', `replay:${row.replayId}`])
    await deps.live.notify(tx, topic);
}

/** The state that was written against history over the promoted keys, as it was found afterwards. */
function agreementOf(
  { derivedState }: PromotionRow,
  outcome: PromotionOutcome | null,
): AgreementStatus | null {
  const found = outcome?.after?.comparisons.find((each) => each.derivedState === derivedState)?.outcome;
  if (found === undefined) return null;
  return found === 'could-not-compare' ? 'not-compared' : found;
}

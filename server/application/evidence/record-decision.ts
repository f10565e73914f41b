import type { Decision, Standing } from '../../domain/approval/index.ts';
import {
  type ApprovalFacts,
  approvalRecord,
  approvalRemarks,
  remarksName,
  remarksText,
  statementText,
} from '../../domain/evidence/index.ts';
import { glassFact } from '../approval/glass-fact.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { ReplayDeps } from '../replay/deps.ts';
import { type RecordDeps, recordEvidence } from './record-evidence.ts';

export type DecisionMade = {
  readonly subject: ApprovalFacts['subject'];
  /** The replay that it is about, or that the promotion it is about was derived from. */
  readonly replayId: string;
  readonly contract: ApprovalFacts['contract'];
  readonly decisionId: string;
  /** All about this subject, by the database: the one that was made among them. */
  readonly decisions: readonly Decision[];
  readonly standing: Standing;
};

/** A decision as a record of its own, in its transaction. Why it was made stands beside it, since words name people. */
export async function recordDecision(
  deps: RecordDeps & Pick<ReplayDeps, 'newId' | 'sha256' | 'glass'>,
  tx: Transaction,
  { subject, replayId, contract, decisionId, decisions, standing }: DecisionMade,
): Promise<void> {
  const made = decisions.find(({ id }) => id === decisionId);
  if (made === undefined) throw new Error(`decision ${decisionId} is not there to be recorded`);
  const glass = glassFact(await deps.glass.of(tx, subject.kind, subject.id, made.planHash));
  const fact: Omit<ApprovalFacts, 'remarksDigest'> = {
    decisionId,
    subject,
    contract,
    planHash: made.planHash,
    verdict: made.verdict,
    by: made.personId,
    decidedAt: made.decidedAt,
    expiresAt: made.expiresAt,
    approvals: { needed: standing.needed, counted: standing.given },
    reason: made.reason,
    breakGlass: glass === null ? null : { incident: glass.incident, by: glass.by },
  };
  const remarks = remarksText(approvalRemarks(fact, deps.newId()));
  const remarksDigest = deps.sha256(remarks);
  const text = statementText(approvalRecord({ ...fact, remarksDigest }));
  await recordEvidence(deps, tx, { id: deps.newId(), text, unsaid: { replayId } }, [
    { name: remarksName, text: remarks, sha256: remarksDigest },
  ]);
}

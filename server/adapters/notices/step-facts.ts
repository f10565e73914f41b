import type { SubjectFacts } from '../../application/ports/notices.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';

/**
 * What a notice says of the step of a run that it is about. One from before that was kept: of the step that waits for
 * approval, or else of the one that people decided about last.
 */
export async function stepFacts(
  tx: Transaction,
  runId: string,
  attemptId: string | null,
): Promise<SubjectFacts | null> {
  const [row] = await tx.query<{
    title: string;
    requested_by: string;
    needed: number;
    given: number;
    rejected_by: string | null;
    rejection: string | null;
    status: string;
  }>(
    `SELECT a.title || ' (' || r.title || ')' AS title, coalesce(asked.name, a.requested_by) AS requested_by,
       a.approvals_needed AS needed,
       reprise_attempt_approvals(a.id, a.plan_hash) AS given, rejector.name AS rejected_by, no.reason AS rejection, a.status
     FROM runbook_attempt a JOIN runbook_run r ON r.id = a.run_id
     LEFT JOIN person asked ON asked.id = a.requested_by
     LEFT JOIN runbook_decision no ON no.attempt_id = a.id AND no.verdict = 'rejected' AND no.voided_at IS NULL
     LEFT JOIN person rejector ON rejector.id = no.person_id
     WHERE a.run_id = $1 AND a.approvals_needed > 0 AND ($2::uuid IS NULL OR a.id = $2)
     ORDER BY a.status = 'awaiting-approval' DESC, a.requested_at DESC LIMIT 1`,
    [runId, attemptId],
  );
  if (row === undefined) return null;
  return {
    contractTitle: row.title,
    requestedBy: row.requested_by,
    reason: '',
    approvalsNeeded: row.needed,
    approvalsGiven: row.given,
    eventEstimate: null,
    rejection:
      row.rejection === null ? null : { by: row.rejected_by ?? 'an approver', reason: row.rejection },
    end: null,
    waits: row.status === 'awaiting-approval',
    stepEnd: row.status,
  };
}

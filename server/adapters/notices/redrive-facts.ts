import type { SubjectFacts } from '../../application/ports/notices.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';

/** What a notice says of a redrive: how many letters of which state, and nothing of what they hold. */
export async function redriveFacts(tx: Transaction, id: string): Promise<SubjectFacts | null> {
  const [row] = await tx.query<{
    title: string;
    state: string;
    letters: number;
    edited: boolean;
    requested_by: string;
    reason: string;
    given: number;
    rejected_by: string | null;
    rejection: string | null;
    status: string;
  }>(
    `SELECT coalesce((SELECT v.description ->> 'title' FROM contract_version v WHERE v.contract_id = r.contract_id
         ORDER BY v.version DESC LIMIT 1), r.contract_id) AS title, r.state, r.letters,
       EXISTS (SELECT FROM redrive_edit e WHERE e.redrive_id = r.id) AS edited,
       coalesce(asked.name, r.requested_by) AS requested_by, r.reason,
       (SELECT count(*)::int FROM redrive_decision d WHERE d.redrive_id = r.id AND d.verdict = 'approved'
         AND d.voided_at IS NULL) AS given,
       rejector.name AS rejected_by, no.reason AS rejection, r.status
     FROM redrive r
     LEFT JOIN person asked ON asked.id = r.requested_by
     LEFT JOIN redrive_decision no ON no.redrive_id = r.id AND no.verdict = 'rejected' AND no.voided_at IS NULL
     LEFT JOIN person rejector ON rejector.id = no.person_id
     WHERE r.id = $1 LIMIT 1`,
    [id],
  );
  if (row === undefined) return null;
  const letters = row.edited
    ? 'an edited dead letter'
    : `${row.letters} dead ${row.letters === 1 ? 'letter' : 'letters'}`;
  return {
    contractTitle: `${letters} of ${row.state} (${row.title})`,
    requestedBy: row.requested_by,
    reason: row.reason,
    approvalsNeeded: 1,
    approvalsGiven: row.given,
    eventEstimate: null,
    rejection:
      row.rejection === null ? null : { by: row.rejected_by ?? 'an approver', reason: row.rejection },
    end: null,
    waits: row.status === 'awaiting-approval',
    stepEnd: row.status,
  };
}

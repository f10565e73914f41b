import type { AttemptRow, AttemptStore } from '../../application/ports/runs.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import type { Decision } from '../../domain/approval/index.ts';
import { attemptColumns } from './attempt-rows.ts';

type DecisionRow = Omit<Decision, 'decidedAt' | 'expiresAt'> & {
  attempt: string;
  decidedAt: Date;
  expiresAt: Date;
};

/** By attempt, in the order in which they were made. */
export async function decisionsOf(
  tx: Transaction,
  attemptIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Decision[]>> {
  const rows = await tx.query<DecisionRow>(
    `SELECT id::text, attempt_id::text AS attempt, person_id AS "personId", plan_hash AS "planHash", verdict, reason,
       decided_at AS "decidedAt", expires_at AS "expiresAt", void_reason AS "voidReason"
     FROM runbook_decision WHERE attempt_id = ANY ($1::uuid[]) ORDER BY decided_at, id`,
    [attemptIds],
  );
  return new Map(
    [...Map.groupBy(rows, ({ attempt }) => attempt)].map(([id, decided]) => [
      id,
      decided.map(({ attempt: _, decidedAt, expiresAt, ...rest }) => ({
        ...rest,
        decidedAt: decidedAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
      })),
    ]),
  );
}

/** What is decided about attempts. The database refuses what the rules refuse, whoever asks. */
export const decisionWrites: Pick<
  AttemptStore,
  'decide' | 'decisions' | 'holdPerson' | 'isApproved' | 'voidExpired' | 'takeBack'
> = {
  async decide(tx, { id, attemptId, planHash, personId, verdict, reason, hours }) {
    await tx.query(
      `INSERT INTO runbook_decision (id, attempt_id, plan_hash, person_id, verdict, reason, decided_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, now(), now() + make_interval(hours => $7))`,
      [id, attemptId, planHash, personId, verdict, reason, hours],
    );
  },

  decisions: decisionsOf,

  async holdPerson(tx, personId) {
    await tx.query('SELECT FROM person WHERE id = $1 FOR SHARE', [personId]);
  },

  async isApproved(tx, id) {
    const [row] = await tx.query<{ approved: boolean }>(
      'SELECT reprise_attempt_is_approved(id, approvals_needed, plan_hash) AS approved FROM runbook_attempt WHERE id = $1',
      [id],
    );
    return row?.approved === true;
  },

  async voidExpired(tx, attemptId, personId) {
    await tx.query(
      `UPDATE runbook_decision SET voided_at = now(), void_reason = 'it ran out'
       WHERE attempt_id = $1 AND person_id = $2 AND voided_at IS NULL AND expires_at <= clock_timestamp()`,
      [attemptId, personId],
    );
  },

  takeBack: (tx) =>
    tx.query<AttemptRow>(
      `WITH unapproved AS (
         SELECT id FROM runbook_attempt WHERE status = 'queued' AND approvals_needed > 0 AND changing_since IS NULL
           AND NOT reprise_attempt_is_approved(id, approvals_needed, plan_hash) ORDER BY id FOR UPDATE)
       UPDATE runbook_attempt a SET status = 'awaiting-approval' FROM unapproved u WHERE a.id = u.id
       RETURNING ${attemptColumns}`,
    ),
};

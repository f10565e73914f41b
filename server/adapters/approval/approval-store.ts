import type { ApprovalStore, SubjectKind, Voided, Waiting } from '../../application/ports/approvals.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import type { Decision } from '../../domain/approval/index.ts';

type DecisionRow = {
  id: string;
  subject_id: string;
  person_id: string;
  plan_hash: string;
  verdict: Decision['verdict'];
  reason: string;
  decided_at: Date;
  expires_at: Date;
  void_reason: string | null;
};

const columns = `id::text, subject_id::text, person_id, plan_hash, verdict, reason, decided_at, expires_at, void_reason`;

function toDecision(row: DecisionRow): Decision {
  return {
    id: row.id,
    personId: row.person_id,
    planHash: row.plan_hash,
    verdict: row.verdict,
    reason: row.reason,
    decidedAt: row.decided_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    voidReason: row.void_reason,
  };
}

/** The decisions about several subjects of one kind, by subject, in the order in which they were made. */
export async function decisionsOf(
  tx: Transaction,
  kind: SubjectKind,
  subjectIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Decision[]>> {
  const rows = await tx.query<DecisionRow>(
    `SELECT ${columns} FROM decision WHERE subject_kind = $1 AND subject_id = ANY ($2::uuid[])
     ORDER BY decided_at, id`,
    [kind, subjectIds],
  );
  const bySubject = Map.groupBy(rows, ({ subject_id }) => subject_id);
  return new Map([...bySubject].map(([id, decided]) => [id, decided.map(toDecision)]));
}

/** Decisions in Reprise's own database. */
export const approvalStore: ApprovalStore = {
  async insert(tx, { id, kind, subjectId, contractId, personId, planHash, verdict, reason, hours }) {
    await tx.query(
      `INSERT INTO decision (id, subject_kind, subject_id, contract_id, plan_hash, person_id, verdict, reason,
         decided_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now(), now() + make_interval(hours => $9))`,
      [id, kind, subjectId, contractId, planHash, personId, verdict, reason, hours],
    );
  },

  async of(tx, subjectId, kind = 'replay') {
    return (await decisionsOf(tx, kind, [subjectId])).get(subjectId) ?? [];
  },

  async now(tx) {
    const [row] = await tx.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    if (row === undefined) throw new Error('the database does not say what time it is');
    return row.now;
  },

  async holdPerson(tx, personId) {
    await tx.query('SELECT FROM person WHERE id = $1 FOR SHARE', [personId]);
  },

  async waiting(tx, limit) {
    const rows = await tx.query<WaitingRow>(
      `SELECT r.id::text AS replay_id, r.contract_id, r.contract_version, r.plan_hash, r.requested_by, r.requested_at,
         r.reason, (r.plan::json ->> 'approvalsNeeded')::int AS approvals_needed, v.authors,
         r.plan::json ->> 'eventEstimate' AS event_estimate
       FROM replay r JOIN contract_version v ON v.contract_id = r.contract_id AND v.version = r.contract_version
       WHERE r.status = 'awaiting-approval' AND r.intent <> 'cancel' ORDER BY r.requested_at, r.id LIMIT $1`,
      [limit],
    );
    const decided = await decisionsOf(
      tx,
      'replay',
      rows.map(({ replay_id }) => replay_id),
    );
    return rows.map((row) => toWaiting(row, decided.get(row.replay_id) ?? []));
  },

  async voidWaiting(tx, contractId, why) {
    // Held first, and looked at once they are: what a worker is just taking up has started then.
    await tx.query(
      `SELECT FROM replay WHERE contract_id = $1 AND started_at IS NULL
         AND status IN ('awaiting-approval', 'queued', 'paused') ORDER BY id FOR UPDATE`,
      [contractId],
    );
    const rows = await tx.query<VoidedRow>(
      `UPDATE decision d SET voided_at = now(), void_reason = $2 FROM replay r
       WHERE d.subject_kind = 'replay' AND d.subject_id = r.id AND d.voided_at IS NULL
         AND r.contract_id = $1 AND r.started_at IS NULL AND r.status IN ('awaiting-approval', 'queued', 'paused')
       RETURNING r.id::text AS subject_id, d.id::text AS decision_id, d.person_id`,
      [contractId, why],
    );
    return rows.map(toVoided);
  },

  async voidAllExpired(tx) {
    const rows = await tx.query<VoidedRow>(
      `UPDATE decision d SET voided_at = now(), void_reason = 'it ran out' FROM replay r
       WHERE d.subject_kind = 'replay' AND d.subject_id = r.id AND d.voided_at IS NULL
         AND d.expires_at <= clock_timestamp() AND r.status = 'awaiting-approval'
       RETURNING r.id::text AS subject_id, d.id::text AS decision_id, d.person_id`,
    );
    return rows.map(toVoided);
  },

  async voidExpired(tx, subjectId, personId, kind = 'replay') {
    const rows = await tx.query<VoidedRow>(
      `UPDATE decision SET voided_at = now(), void_reason = 'it ran out'
       WHERE subject_kind = $3 AND subject_id = $1 AND person_id = $2 AND voided_at IS NULL
         AND expires_at <= clock_timestamp()
       RETURNING subject_id::text AS subject_id, id::text AS decision_id, person_id`,
      [subjectId, personId, kind],
    );
    return rows.map(toVoided);
  },

  async isApproved(tx, replayId) {
    const [row] = await tx.query<{ approved: boolean }>(
      'SELECT reprise_is_approved(id, plan, plan_hash) AS approved FROM replay WHERE id = $1',
      [replayId],
    );
    return row?.approved === true;
  },

  async takeBack(tx) {
    const rows = await tx.query<{ id: string }>(
      `WITH unapproved AS (
         SELECT id FROM replay
         WHERE status = 'queued' AND started_at IS NULL AND NOT reprise_is_approved(id, plan, plan_hash)
         ORDER BY id FOR UPDATE)
       UPDATE replay r SET status = 'awaiting-approval', updated_at = clock_timestamp()
       FROM unapproved u WHERE r.id = u.id RETURNING r.id::text`,
    );
    return rows.map(({ id }) => id);
  },
};

export type VoidedRow = { subject_id: string; decision_id: string; person_id: string };

export function toVoided(row: VoidedRow): Voided {
  return { subjectId: row.subject_id, decisionId: row.decision_id, personId: row.person_id };
}

type WaitingRow = {
  replay_id: string;
  contract_id: string;
  contract_version: number;
  plan_hash: string;
  requested_by: string;
  requested_at: Date;
  reason: string;
  approvals_needed: number;
  authors: string[];
  event_estimate: string;
};

function toWaiting(row: WaitingRow, decisions: readonly Decision[]): Waiting {
  return {
    replayId: row.replay_id,
    contractId: row.contract_id,
    contractVersion: row.contract_version,
    planHash: row.plan_hash,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    reason: row.reason,
    approvalsNeeded: row.approvals_needed,
    authors: row.authors,
    eventEstimate: row.event_estimate,
    decisions,
  };
}

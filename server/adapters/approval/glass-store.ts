import type { Glass, GlassStore } from '../../application/ports/break-glass.ts';

type Row = {
  id: string;
  subject_kind: Glass['subjectKind'];
  subject_id: string;
  contract_id: string;
  plan_hash: string;
  requested_by: string | null;
  first_by: string;
  first_reason: string;
  first_at: Date;
  expires_at: Date;
  second_by: string | null;
  second_reason: string | null;
  second_at: Date | null;
  closed_by: string | null;
  conclusion: string | null;
  closed_at: Date | null;
  voided_at: Date | null;
};

const columns = `id::text, subject_kind, subject_id::text, contract_id, plan_hash, first_by, first_reason, first_at,
  expires_at, second_by, second_reason, second_at, closed_by, conclusion, closed_at, voided_at,
  CASE subject_kind WHEN 'replay' THEN (SELECT requested_by FROM replay r WHERE r.id = subject_id)
    ELSE (SELECT requested_by FROM promotion p WHERE p.id = subject_id) END AS requested_by`;

function toGlass(row: Row): Glass {
  const { second_by, second_reason, second_at, closed_by, conclusion, closed_at, voided_at } = row;
  return {
    id: row.id,
    subjectKind: row.subject_kind,
    subjectId: row.subject_id,
    contractId: row.contract_id,
    planHash: row.plan_hash,
    requestedBy: row.requested_by,
    firstBy: row.first_by,
    firstReason: row.first_reason,
    firstAt: row.first_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    second:
      second_by === null || second_at === null
        ? null
        : { by: second_by, reason: second_reason ?? '', at: second_at.toISOString() },
    review:
      closed_by === null || closed_at === null
        ? null
        : { by: closed_by, conclusion: conclusion ?? '', at: closed_at.toISOString() },
    lapsedAt: voided_at?.toISOString() ?? null,
  };
}

/** Broken glass in Reprise's own database. */
export const glassStore: GlassStore = {
  async insert(tx, { id, subjectKind, subjectId, contractId, planHash, firstBy, firstReason }) {
    await tx.query(
      `INSERT INTO break_glass (id, subject_kind, subject_id, contract_id, plan_hash, first_by, first_reason, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, now())`,
      [id, subjectKind, subjectId, contractId, planHash, firstBy, firstReason],
    );
  },

  async of(tx, kind, subjectId, planHash) {
    const [row] = await tx.query<Row>(
      `SELECT ${columns} FROM break_glass
       WHERE subject_kind = $1 AND subject_id = $2 AND plan_hash = $3 AND voided_at IS NULL
         AND (second_by IS NOT NULL OR expires_at > clock_timestamp())
       ORDER BY (second_by IS NOT NULL) DESC, first_at DESC LIMIT 1`,
      [kind, subjectId, planHash],
    );
    return row === undefined ? null : toGlass(row);
  },

  async lock(tx, id) {
    const [row] = await tx.query<Row>(`SELECT ${columns} FROM break_glass WHERE id = $1 FOR UPDATE`, [id]);
    return row === undefined ? null : toGlass(row);
  },

  async confirm(tx, id, by, reason) {
    await tx.query(
      'UPDATE break_glass SET second_by = $2, second_reason = $3, second_at = now() WHERE id = $1',
      [id, by, reason],
    );
  },

  async close(tx, id, by, conclusion) {
    await tx.query(
      'UPDATE break_glass SET closed_by = $2, conclusion = $3, closed_at = now() WHERE id = $1',
      [id, by, conclusion],
    );
  },

  async openIncidents(tx, contractId, limit) {
    const rows = await tx.query<{ id: string; total: string }>(
      `SELECT id::text, count(*) OVER () AS total FROM incident
       WHERE contract_id = $1 AND status IN ('detected', 'acknowledged', 'mitigating')
       ORDER BY class, opened_at, id LIMIT $2`,
      [contractId, limit],
    );
    return { ids: rows.map(({ id }) => id), count: Number(rows[0]?.total ?? 0) };
  },

  async recordOf(tx, id, replayId) {
    const [row] = await tx.query<{ id: string; digest: string; incidents: string[]; open: number }>(
      `SELECT r.id::text, r.digest, said.predicate -> 'incidents' AS incidents,
         (said.predicate ->> 'incidents_open')::int AS open
       FROM evidence_index i JOIN evidence_record r ON r.id = i.id
       CROSS JOIN LATERAL (SELECT convert_from(r.statement, 'UTF8')::jsonb -> 'predicate' AS predicate) AS said
       WHERE i.replay_id = $2 AND r.kind = 'break-glass' AND r.status = 'broken' AND said.predicate ->> 'act_id' = $1`,
      [id, replayId],
    );
    if (row === undefined) return null;
    return { id: row.id, digest: row.digest, incidents: row.incidents, incidentsOpen: row.open };
  },

  async openReviews(tx, limit) {
    const rows = await tx.query<Row>(
      `SELECT ${columns} FROM break_glass WHERE second_by IS NOT NULL AND closed_by IS NULL
       ORDER BY second_at, id LIMIT $1`,
      [limit],
    );
    return rows.map(toGlass);
  },
};

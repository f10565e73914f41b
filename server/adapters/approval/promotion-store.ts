import type {
  ChangeRow,
  PromotionOutcome,
  PromotionRow,
  PromotionStore,
} from '../../application/ports/promotions.ts';
import type { Decision } from '../../domain/approval/index.ts';
import { type Change, changeText, type PromotionPlan } from '../../domain/promotion/index.ts';
import { notGivenOut } from '../../domain/shared/cursors.ts';
import { decisionsOf, toVoided, type VoidedRow } from './approval-store.ts';

type Row = {
  id: string;
  contract_id: string;
  contract_version: number;
  replay_id: string;
  derived_state: string;
  plan: string;
  plan_hash: string;
  status: PromotionRow['status'];
  requested_by: string;
  reason: string;
  requested_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
  failure_code: string | null;
  failure: string | null;
  undoes: string | null;
  undone_by: string | null;
  outcome: PromotionOutcome | null;
  evidence_id: string | null;
  problem: string | null;
  retry_at: Date | null;
  problem_since: Date | null;
  held: boolean;
};

const columns = `p.id::text, p.contract_id, p.contract_version, p.replay_id::text, p.derived_state, p.plan, p.plan_hash, p.status,
  p.requested_by, p.reason, p.requested_at, p.started_at, p.ended_at, p.failure_code, p.failure, p.undoes::text, p.undone_by::text,
  p.outcome, p.evidence_id::text, p.problem, p.retry_at, p.problem_since,
  coalesce(p.lease_until > clock_timestamp(), false) AS held`;

function toPromotion(row: Row): PromotionRow {
  return {
    id: row.id,
    contractId: row.contract_id,
    contractVersion: row.contract_version,
    replayId: row.replay_id,
    derivedState: row.derived_state,
    // The database holds only plans that we have written.
    plan: JSON.parse(row.plan) as PromotionPlan,
    planText: row.plan,
    planHash: row.plan_hash,
    status: row.status,
    requestedBy: row.requested_by,
    reason: row.reason,
    requestedAt: row.requested_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    failureCode: row.failure_code,
    failure: row.failure,
    undoes: row.undoes,
    undoneBy: row.undone_by,
    outcome: row.outcome,
    evidenceId: row.evidence_id,
    problem: row.problem,
    retryAt: row.retry_at,
    problemSince: row.problem_since,
    held: row.held,
  };
}

type ChangeLine = {
  change: string;
  magnitude: number;
  outcome: NonNullable<ChangeRow['result']>['outcome'] | null;
  why: string | null;
  before: NonNullable<ChangeRow['result']>['before'];
  after: NonNullable<ChangeRow['result']>['after'];
  explanation: string | null;
};
const selectChanges = `SELECT c.change, c.magnitude, c.outcome, c.why, c.before, c.after, d.explanation ->> 'sentence' AS explanation
  FROM promotion_change c JOIN promotion p ON p.id = c.promotion_id
  LEFT JOIN discrepancy d ON d.replay_id = p.replay_id AND d.key = c.key AND d.derived_state = p.derived_state
    AND p.undoes IS NULL`;

function toChange({ change, magnitude, explanation, outcome, why, before, after }: ChangeLine): ChangeRow {
  const approved = JSON.parse(change) as Change;
  return {
    ...approved,
    magnitude,
    explanation,
    result: outcome === null ? null : { outcome, why, before, after },
  };
}

const ended = `('promoted', 'refused', 'failed', 'withdrawn')`;

/** Promotions in Reprise's own database. */
export const promotionStore: PromotionStore = {
  async insert(tx, promotion, changes) {
    await tx.query(
      `INSERT INTO promotion (id, contract_id, contract_version, replay_id, derived_state, plan, plan_hash, status,
         requested_by, reason, undoes)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'awaiting-approval', $8, $9, $10)`,
      [
        promotion.id,
        promotion.contractId,
        promotion.contractVersion,
        promotion.replayId,
        promotion.derivedState,
        promotion.planText,
        promotion.planHash,
        promotion.requestedBy,
        promotion.reason,
        promotion.undoes,
      ],
    );
    await tx.query(
      `INSERT INTO promotion_change (promotion_id, key, change, magnitude)
       SELECT $1, * FROM unnest($2::text[], $3::text[], $4::float8[])`,
      [
        promotion.id,
        changes.map(({ key }) => key),
        changes.map((change) => changeText(change)),
        changes.map(({ magnitude }) => magnitude),
      ],
    );
  },

  async find(tx, id) {
    const [row] = await tx.query<Row>(`SELECT ${columns} FROM promotion p WHERE id = $1`, [id]);
    return row === undefined ? null : toPromotion(row);
  },

  async lock(tx, id) {
    const [row] = await tx.query<Row>(`SELECT ${columns} FROM promotion p WHERE id = $1 FOR UPDATE`, [id]);
    return row === undefined ? null : toPromotion(row);
  },

  async findByPlan(tx, planHash) {
    const [row] = await tx.query<Row>(
      `SELECT ${columns} FROM promotion p WHERE plan_hash = $1
         AND (status IN ('awaiting-approval', 'queued', 'running') OR (status = 'promoted' AND undone_by IS NULL))`,
      [planHash],
    );
    return row === undefined ? null : toPromotion(row);
  },

  async ofReplay(tx, replayId) {
    const rows = await tx.query<Row>(
      `SELECT ${columns} FROM promotion p WHERE replay_id = $1 ORDER BY requested_at DESC, id DESC LIMIT 200`,
      [replayId],
    );
    return rows.map(toPromotion);
  },

  async list(tx, { contractId, before }, limit) {
    const rows = await tx.query<Row>(
      `SELECT ${columns} FROM promotion p
       WHERE ($1::text IS NULL OR contract_id = $1)
         AND ($2::timestamptz IS NULL OR (requested_at, id) < ($2::timestamptz, $3::uuid))
       ORDER BY requested_at DESC, id DESC LIMIT $4`,
      [contractId ?? null, before?.[0] ?? null, before?.[1] ?? null, limit],
    );
    return rows.map(toPromotion);
  },

  async countOpen(tx) {
    const rows = await tx.query<{ status: string; count: string }>(
      `SELECT status, count(*) AS count FROM promotion
       WHERE status IN ('awaiting-approval', 'queued', 'running') GROUP BY status`,
    );
    const of = (status: string) => Number(rows.find((row) => row.status === status)?.count ?? 0);
    return { waiting: of('awaiting-approval'), queued: of('queued'), running: of('running') };
  },

  async waiting(tx, limit) {
    const rows = await tx.query<Row & { authors: string[] }>(
      `SELECT ${columns}, v.authors FROM promotion p
       JOIN contract_version v ON v.contract_id = p.contract_id AND v.version = p.contract_version
       WHERE p.status = 'awaiting-approval' ORDER BY p.requested_at, p.id LIMIT $1`,
      [limit],
    );
    const decided = await decisionsOf(
      tx,
      'promotion',
      rows.map(({ id }) => id),
    );
    return rows.map((row) => ({
      row: toPromotion(row),
      authors: row.authors,
      decisions: decided.get(row.id) ?? ([] as readonly Decision[]),
    }));
  },

  async changes(tx, id) {
    const rows = await tx.query<ChangeLine>(
      `${selectChanges} WHERE c.promotion_id = $1 ORDER BY c.key COLLATE "C"`,
      [id],
    );
    return rows.map(toChange);
  },

  async largestChanges(tx, id, limit, afterKey) {
    if (afterKey !== undefined) {
      const last = 'SELECT FROM promotion_change WHERE promotion_id = $1 AND key = $2';
      if ((await tx.query(last, [id, afterKey])).length === 0) throw notGivenOut();
    }
    const rows = await tx.query<ChangeLine>(
      `${selectChanges} LEFT JOIN promotion_change AS last ON last.promotion_id = $1 AND last.key = $3
       WHERE c.promotion_id = $1
         AND ($3::text IS NULL OR c.magnitude < last.magnitude
              OR (c.magnitude = last.magnitude AND c.key > last.key COLLATE "C"))
       ORDER BY c.magnitude DESC, c.key LIMIT $2`,
      [id, limit, afterKey ?? null],
    );
    return rows.map(toChange);
  },

  async countChanges(tx, id) {
    const [row] = await tx.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM promotion_change WHERE promotion_id = $1',
      [id],
    );
    return row?.count ?? 0;
  },

  async isApproved(tx, id) {
    const [row] = await tx.query<{ approved: boolean }>(
      'SELECT reprise_promotion_is_approved(id, plan, plan_hash) AS approved FROM promotion WHERE id = $1',
      [id],
    );
    return row?.approved ?? false;
  },

  async setStatus(tx, id, status) {
    await tx.query('UPDATE promotion SET status = $2 WHERE id = $1', [id, status]);
  },

  async claim(tx, id, owner, leaseMs) {
    // Having waited is no fault of what begins now: else it could be recorded as unknown as soon as it has begun.
    const [row] = await tx.query<{ token: string }>(
      `UPDATE promotion SET status = 'running', lease_owner = $2,
         lease_until = clock_timestamp() + $3 * interval '1 ms', fencing_token = nextval('promotion_token'),
         started_at = coalesce(started_at, clock_timestamp()),
         problem = CASE status WHEN 'running' THEN problem END,
         problem_since = CASE status WHEN 'running' THEN problem_since END,
         retries = CASE status WHEN 'running' THEN retries ELSE 0 END,
         lasting = CASE status WHEN 'running' THEN lasting ELSE 0 END
       WHERE id = $1 AND status IN ('queued', 'running')
         AND (lease_until IS NULL OR lease_until <= clock_timestamp())
         AND (retry_at IS NULL OR retry_at <= clock_timestamp())
       RETURNING fencing_token::text AS token`,
      [id, owner, leaseMs],
    );
    return row === undefined ? null : { owner, token: BigInt(row.token) };
  },

  async hold(tx, id, lease, leaseMs) {
    const rows = await tx.query<{ id: string }>(
      `UPDATE promotion SET lease_until = clock_timestamp() + $3 * interval '1 ms'
       WHERE id = $1 AND fencing_token = $2 AND lease_owner IS NOT NULL AND status = 'running' RETURNING id`,
      [id, lease.token.toString(), leaseMs],
    );
    return rows.length > 0;
  },

  async release(tx, id, lease) {
    await tx.query(
      'UPDATE promotion SET lease_owner = NULL, lease_until = NULL WHERE id = $1 AND fencing_token = $2',
      [id, lease.token.toString()],
    );
  },

  async setProblem(tx, id, problem) {
    if (problem === null) {
      await tx.query(
        `UPDATE promotion SET problem = NULL, problem_since = NULL, retries = 0, lasting = 0, retry_at = NULL
         WHERE id = $1`,
        [id],
      );
      return { retries: 0, lasting: 0 };
    }
    const [row] = await tx.query<{ retries: number; lasting: number }>(
      `UPDATE promotion SET problem = $2,
         problem_since = CASE WHEN $4 THEN NULL ELSE coalesce(problem_since, clock_timestamp()) END,
         retries = retries + 1, lasting = lasting + $3::int,
         retry_at = clock_timestamp() + least(30, power(2, least(retries, 5))) * interval '1 s'
       WHERE id = $1 RETURNING retries, lasting`,
      [id, problem.sentence, problem.lasting ? 1 : 0, problem.asked],
    );
    return row ?? { retries: 0, lasting: 0 };
  },

  async noteOutcomes(tx, id, outcomes) {
    await tx.query(
      `UPDATE promotion_change c SET outcome = o.outcome, why = o.why, before = o.before::jsonb, after = o.after::jsonb
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) AS o(key, outcome, why, before, after)
       WHERE c.promotion_id = $1 AND c.key = o.key`,
      [
        id,
        outcomes.map(({ key }) => key),
        outcomes.map(({ outcome }) => outcome),
        outcomes.map(({ why }) => why),
        outcomes.map(({ before }) => (before === null ? null : JSON.stringify(before))),
        outcomes.map(({ after }) => (after === null ? null : JSON.stringify(after))),
      ],
    );
  },

  async end(tx, id, { status, failure, outcome, evidenceId }) {
    await tx.query(
      `UPDATE promotion SET status = $2, failure_code = $3, failure = $4, outcome = $5, evidence_id = $6,
         ended_at = clock_timestamp(), problem = NULL, retry_at = NULL
       WHERE id = $1 AND status NOT IN ${ended}`,
      [
        id,
        status,
        failure?.code ?? null,
        failure?.sentence ?? null,
        outcome === null ? null : JSON.stringify(outcome),
        evidenceId,
      ],
    );
  },

  async markUndone(tx, id, by) {
    await tx.query('UPDATE promotion SET undone_by = $2 WHERE id = $1', [id, by]);
  },

  async unattended(tx) {
    const rows = await tx.query<{ id: string }>(
      `SELECT id::text FROM promotion WHERE status IN ('queued', 'running')
         AND (lease_until IS NULL OR lease_until <= clock_timestamp())
         AND (retry_at IS NULL OR retry_at <= clock_timestamp())
       ORDER BY coalesce(retry_at, requested_at), id LIMIT 100`,
    );
    return rows.map(({ id }) => id);
  },

  async voidWaiting(tx, contractId, why) {
    // Held first, and looked at once they are: what a worker is just taking up is running then.
    await tx.query(
      `SELECT FROM promotion WHERE contract_id = $1 AND status IN ('awaiting-approval', 'queued')
       ORDER BY id FOR UPDATE`,
      [contractId],
    );
    const rows = await tx.query<VoidedRow>(
      `UPDATE decision d SET voided_at = now(), void_reason = $2 FROM promotion p
       WHERE d.subject_kind = 'promotion' AND d.subject_id = p.id AND d.voided_at IS NULL
         AND p.contract_id = $1 AND p.status IN ('awaiting-approval', 'queued')
       RETURNING p.id::text AS subject_id, d.id::text AS decision_id, d.person_id`,
      [contractId, why],
    );
    return rows.map(toVoided);
  },

  async voidAllExpired(tx) {
    const rows = await tx.query<VoidedRow>(
      `UPDATE decision d SET voided_at = now(), void_reason = 'it ran out' FROM promotion p
       WHERE d.subject_kind = 'promotion' AND d.subject_id = p.id AND d.voided_at IS NULL
         AND d.expires_at <= clock_timestamp() AND p.status = 'awaiting-approval'
       RETURNING p.id::text AS subject_id, d.id::text AS decision_id, d.person_id`,
    );
    return rows.map(toVoided);
  },
};

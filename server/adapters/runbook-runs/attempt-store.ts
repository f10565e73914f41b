import type { EarlierCorrection } from '../../application/ports/corrections.ts';
import type {
  AttemptRow,
  AttemptSketch,
  AttemptStore,
  OutputLine,
  WaitingAttempt,
} from '../../application/ports/runs.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { jsonb } from '../jsonb.ts';
import { attemptColumns, sketchColumns } from './attempt-rows.ts';
import { decisionsOf, decisionWrites } from './decisions.ts';

async function one(tx: Transaction, rest: string, values: readonly unknown[]): Promise<AttemptRow | null> {
  const [row] = await tx.query<AttemptRow>(`SELECT ${attemptColumns} FROM runbook_attempt a ${rest}`, values);
  return row ?? null;
}

/** A line that is longer is cut: what is watched is read, and not stored. */
const LONGEST_LINE = 4000;

/** Attempts in Reprise's own database. */
export const attemptStore: AttemptStore = {
  ...decisionWrites,

  async insert(tx, attempt) {
    await tx.query(
      `INSERT INTO runbook_attempt (id, run_id, step, section, title, action, touches, status, plan, plan_hash, preview,
         approvals_needed, timeout_seconds, requested_by, requested_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, clock_timestamp())`,
      [
        attempt.id,
        attempt.runId,
        attempt.step,
        attempt.section,
        attempt.title,
        attempt.action,
        attempt.touches,
        attempt.approvalsNeeded > 0 ? 'awaiting-approval' : 'queued',
        attempt.plan,
        attempt.planHash,
        jsonb(attempt.preview),
        attempt.approvalsNeeded,
        attempt.timeoutSeconds,
        attempt.requestedBy,
      ],
    );
  },

  find: (tx, id) => one(tx, 'WHERE a.id = $1', [id]),
  lock: (tx, id) => one(tx, 'WHERE a.id = $1 FOR UPDATE', [id]),

  of: (tx, runId) =>
    tx.query<AttemptSketch>(
      `SELECT ${sketchColumns} FROM runbook_attempt a WHERE a.run_id = $1 ORDER BY a.requested_at, a.id`,
      [runId],
    ),

  corrections: (tx, { contract, originalEventId }) =>
    tx.query<EarlierCorrection>(
      `SELECT a.id::text AS "attemptId", a.run_id::text AS "runId", r.title AS "runTitle", a.status,
         a.requested_by AS "requestedBy", a.requested_at AS "requestedAt", a.plan::json -> 'frozen' AS frozen
       FROM runbook_attempt a JOIN runbook_run r ON r.id = a.run_id
       WHERE a.action = 'compensate' AND a.status <> 'refused'
         AND (a.changing_since IS NOT NULL OR a.status IN ('succeeded', 'unknown'))
         AND a.plan::json -> 'params' ->> 'contract' = $1 AND a.plan::json -> 'params' ->> 'originalEventId' = $2
       ORDER BY a.requested_at, a.id`,
      [contract, originalEventId],
    ),

  async params(tx, ids) {
    const rows = await tx.query<{ id: string; params: Readonly<Record<string, unknown>> }>(
      `SELECT id::text, plan::json -> 'params' AS params FROM runbook_attempt WHERE id = ANY ($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map(({ id, params }) => [id, params]));
  },

  async setStatus(tx, id, status) {
    await tx.query('UPDATE runbook_attempt SET status = $2 WHERE id = $1', [id, status]);
  },

  async claim(tx, id, owner, leaseMs) {
    const [row] = await tx.query<{ token: string }>(
      `UPDATE runbook_attempt SET status = 'running', lease_owner = $2,
         lease_until = clock_timestamp() + $3 * interval '1 ms', fencing_token = nextval('runbook_token'),
         started_at = coalesce(started_at, clock_timestamp()), tries = tries + 1
       WHERE id = $1 AND status = 'queued' RETURNING fencing_token::text AS token`,
      [id, owner, leaseMs],
    );
    return row === undefined ? null : { owner, token: BigInt(row.token) };
  },

  async hold(tx, id, lease, leaseMs) {
    const [row] = await tx.query<{ cancelled: boolean }>(
      `UPDATE runbook_attempt SET lease_until = clock_timestamp() + $3 * interval '1 ms'
       WHERE id = $1 AND fencing_token = $2 AND status = 'running' RETURNING cancelled_by IS NOT NULL AS cancelled`,
      [id, lease.token.toString(), leaseMs],
    );
    return row ?? null;
  },

  async setChanging(tx, id, lease, leaseMs, changing) {
    const [row] = await tx.query<{ cancelled: boolean }>(
      `UPDATE runbook_attempt SET lease_until = clock_timestamp() + $3 * interval '1 ms',
         changing_since = CASE WHEN $4 THEN coalesce(changing_since, clock_timestamp()) END
       WHERE id = $1 AND fencing_token = $2 AND status = 'running' RETURNING cancelled_by IS NOT NULL AS cancelled`,
      [id, lease.token.toString(), leaseMs, changing],
    );
    return row ?? null;
  },

  async askCancel(tx, id, by, reason) {
    await tx.query(
      'UPDATE runbook_attempt SET cancelled_by = $2, cancel_reason = $3 WHERE id = $1 AND cancelled_by IS NULL',
      [id, by, reason],
    );
  },

  async end(tx, id, { status, sentence, code, outputs, shown, links, evidenceId }) {
    await tx.query(
      `UPDATE runbook_attempt SET status = $2, sentence = $3, code = $4, outputs = $5, shown = $6, links = $7,
         evidence_id = $8, ended_at = clock_timestamp(), lease_owner = NULL, lease_until = NULL WHERE id = $1`,
      [id, status, sentence, code, jsonb(outputs), jsonb(shown), jsonb(links), evidenceId],
    );
  },

  async say(tx, id, lines) {
    await tx.query(
      `INSERT INTO runbook_output (attempt_id, number, at, line)
       SELECT $1, coalesce((SELECT max(number) FROM runbook_output WHERE attempt_id = $1), 0) + said.place,
         clock_timestamp(), left(said.line, ${LONGEST_LINE})
       FROM unnest($2::text[]) WITH ORDINALITY AS said(line, place)`,
      [id, lines],
    );
  },

  async output(tx, runId, most) {
    const rows = await tx.query<OutputLine & { attempt: string }>(
      `SELECT a.id::text AS attempt, o.number, o.at, o.line FROM runbook_attempt a
       CROSS JOIN LATERAL (SELECT * FROM runbook_output o WHERE o.attempt_id = a.id ORDER BY o.number DESC LIMIT $2) AS o
       WHERE a.run_id = $1 ORDER BY a.id, o.number`,
      [runId, most],
    );
    const byAttempt = Map.groupBy(rows, ({ attempt }) => attempt);
    return new Map(
      [...byAttempt].map(([id, lines]) => [id, lines.map(({ number, at, line }) => ({ number, at, line }))]),
    );
  },

  async linesBefore(tx, id, before, most) {
    const rows = await tx.query<OutputLine>(
      `SELECT number, at, line FROM runbook_output WHERE attempt_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3`,
      [id, before, most],
    );
    return rows.toReversed();
  },

  async linesDigest(tx, id) {
    const [row] = await tx.query<{ lines: number; sha256: string | null }>(
      `SELECT count(*)::int AS lines,
         encode(sha256(convert_to(string_agg(line || E'\\n', '' ORDER BY number), 'UTF8')), 'hex') AS sha256
       FROM runbook_output WHERE attempt_id = $1`,
      [id],
    );
    return row ?? { lines: 0, sha256: null };
  },

  async waiting(tx, limit) {
    const rows = await tx.query<Omit<WaitingAttempt, 'decisions'>>(
      `SELECT a.id::text, a.run_id::text AS "runId", a.title, a.action, a.plan_hash AS "planHash", a.preview,
         a.plan::json -> 'params' AS params, a.approvals_needed AS "approvalsNeeded", a.requested_by AS "requestedBy", a.requested_at AS "requestedAt",
         r.title AS "runTitle"
       FROM runbook_attempt a JOIN runbook_run r ON r.id = a.run_id
       WHERE a.status = 'awaiting-approval' ORDER BY a.requested_at, a.id LIMIT $1`,
      [limit],
    );
    const decided = await decisionsOf(
      tx,
      rows.map(({ id }) => id),
    );
    return rows.map((row) => ({ ...row, decisions: decided.get(row.id) ?? [] }));
  },

  async takeLapsed(tx, except) {
    return one(
      tx,
      `WHERE a.status = 'running' AND a.lease_until <= clock_timestamp() AND a.id <> ALL ($1::uuid[])
       ORDER BY a.lease_until LIMIT 1 FOR UPDATE SKIP LOCKED`,
      [except],
    );
  },

  async queueAgain(tx, id) {
    // The number moves on, so that whoever had it commits nothing any more.
    await tx.query(
      `UPDATE runbook_attempt SET status = 'queued', lease_owner = NULL, lease_until = NULL,
         fencing_token = nextval('runbook_token') WHERE id = $1 AND status = 'running'`,
      [id],
    );
  },

  queued: (tx, limit) =>
    tx.query<Pick<AttemptRow, 'id' | 'action'>>(
      `SELECT id::text, action FROM runbook_attempt WHERE status = 'queued' ORDER BY requested_at, id LIMIT $1`,
      [limit],
    ),
};

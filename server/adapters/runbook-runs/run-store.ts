import { z } from 'zod';
import type { RunSummary } from '../../application/ports/runbook-runs.ts';
import type { MarkRow, PreviewRow, RunFile, RunRow, RunStore } from '../../application/ports/runs.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { decodeCursor, toPage } from '../../domain/shared/cursors.ts';
import { jsonb } from '../jsonb.ts';

export const summaryColumns = `r.id::text, r.runbook_id AS "runbookId", r.title, r.digest, r.incident_id::text AS "incidentId",
  r.status, r.started_by AS "startedBy", r.started_at AS "startedAt", r.ended_at AS "endedAt"`;

export type SummaryRecord = Omit<RunSummary, 'startedAt' | 'endedAt'> & {
  startedAt: Date;
  endedAt: Date | null;
};

export const toSummary = (record: SummaryRecord): RunSummary => ({
  ...record,
  startedAt: record.startedAt.toISOString(),
  endedAt: record.endedAt?.toISOString() ?? null,
});

const columns = `r.id::text, r.runbook_id AS "runbookId", r.digest, r.title, r.runbook, r.parameters,
  r.incident_id::text AS "incidentId", r.contract_id AS "contractId", r.status, r.started_by AS "startedBy",
  r.started_at AS "startedAt", r.leader, r.ended_at AS "endedAt", r.version`;

async function one(tx: Transaction, rest: string, values: readonly unknown[]): Promise<RunRow | null> {
  const [row] = await tx.query<RunRow>(`SELECT ${columns} FROM runbook_run r ${rest}`, values);
  return row ?? null;
}

const place = z.tuple([z.iso.datetime(), z.uuid()]);

/** Runs in Reprise's own database. */
export const runStore: RunStore = {
  async now(tx) {
    const [row] = await tx.query<{ now: Date }>(
      `SELECT date_trunc('milliseconds', clock_timestamp()) AS now`,
    );
    if (row === undefined) throw new Error('the database does not say what time it is');
    return row.now;
  },

  async topics(tx) {
    const rows = await tx.query<{ id: string; topic: string | null }>(
      `SELECT DISTINCT ON (contract_id) contract_id AS id, 
         CASE description ->> 'historyKind' WHEN 'kafka' THEN description ->> 'historyName' END AS topic
       FROM contract_version ORDER BY contract_id, version DESC`,
    );
    return new Map(rows.map(({ id, topic }) => [id, topic]));
  },

  async authors(tx) {
    const rows = await tx.query<{ id: string; authors: readonly string[] }>(
      `SELECT DISTINCT ON (contract_id) contract_id AS id, authors FROM contract_version
       ORDER BY contract_id, version DESC`,
    );
    return new Map(rows.map(({ id, authors }) => [id, authors]));
  },

  async insert(tx, run) {
    await tx.query(
      `INSERT INTO runbook_run (id, runbook_id, digest, title, runbook, parameters, incident_id, contract_id, started_by,
         started_at, leader)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp(), $9)`,
      [
        run.id,
        run.runbookId,
        run.digest,
        run.title,
        jsonb(run.runbook),
        jsonb(run.parameters),
        run.incidentId,
        run.contractId,
        run.startedBy,
      ],
    );
  },

  find: (tx, id) => one(tx, 'WHERE r.id = $1', [id]),
  lock: (tx, id) => one(tx, 'WHERE r.id = $1 FOR UPDATE', [id]),

  async change(tx, id, { status, leader }) {
    const [row] = await tx.query<{ version: number }>(
      `UPDATE runbook_run SET version = version + 1, status = coalesce($2, status), leader = coalesce($3, leader),
         ended_at = CASE WHEN $2 <> 'running' THEN clock_timestamp() ELSE ended_at END
       WHERE id = $1 RETURNING version`,
      [id, status ?? null, leader ?? null],
    );
    return row?.version ?? 0;
  },

  async list(tx, { status, incidentId, runbookId }, { cursor, limit }) {
    const after = cursor === undefined ? null : decodeCursor(cursor, place);
    const rows = await tx.query<SummaryRecord>(
      `SELECT ${summaryColumns} FROM runbook_run r
       WHERE ($1::text IS NULL OR r.status = $1) AND ($2::uuid IS NULL OR r.incident_id = $2)
         AND ($3::text IS NULL OR r.runbook_id = $3)
         AND ($4::timestamptz IS NULL OR (r.started_at, r.id) < ($4, $5::uuid))
       ORDER BY r.started_at DESC, r.id DESC LIMIT $6`,
      [
        status ?? null,
        incidentId ?? null,
        runbookId ?? null,
        after?.[0] ?? null,
        after?.[1] ?? null,
        limit + 1,
      ],
    );
    return toPage(rows.map(toSummary), limit, (row) => [row.startedAt, row.id]);
  },

  async mark(tx, runId, { kind, step, actor, text, to }) {
    await tx.query(
      `INSERT INTO runbook_mark (run_id, kind, step, actor, at, text, "to")
       VALUES ($1, $2, $3, $4, clock_timestamp(), $5, $6)`,
      [runId, kind, step, actor, text, to],
    );
  },

  marks: (tx, runId) =>
    tx.query<MarkRow>(
      `SELECT id::text, kind, step, actor, at, text, "to" FROM runbook_mark WHERE run_id = $1 ORDER BY id`,
      [runId],
    ),

  async insertFile(tx, runId, { id, step, name, mediaType, sha256, content, addedBy }) {
    await tx.query(
      `INSERT INTO runbook_file (id, run_id, step, name, media_type, bytes, sha256, content, added_by, added_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp())`,
      [id, runId, step, name, mediaType, content.byteLength, sha256, Buffer.from(content), addedBy],
    );
  },

  files: (tx, runId) =>
    tx.query<RunFile>(
      `SELECT id::text, step, name, media_type AS "mediaType", bytes, sha256, added_by AS "addedBy", added_at AS "addedAt"
       FROM runbook_file WHERE run_id = $1 ORDER BY added_at, id`,
      [runId],
    ),

  async file(tx, runId, fileId) {
    const [row] = await tx.query<{ name: string; mediaType: string; content: Buffer }>(
      'SELECT name, media_type AS "mediaType", content FROM runbook_file WHERE id = $1 AND run_id = $2',
      [fileId, runId],
    );
    return row ?? null;
  },

  async lastAct(tx, runId) {
    const [row] = await tx.query<{ what: string; step: string | null; by: string }>(
      `SELECT act.what, act.step, coalesce(p.name, act.actor) AS by FROM (
         SELECT kind AS what, step, actor, at FROM runbook_mark WHERE run_id = $1 AND kind <> 'refused'
         UNION ALL SELECT 'begun', step, requested_by, requested_at FROM runbook_attempt WHERE run_id = $1
         UNION ALL SELECT d.verdict, a.step, d.person_id, d.decided_at FROM runbook_decision d
           JOIN runbook_attempt a ON a.id = d.attempt_id WHERE a.run_id = $1
         UNION ALL SELECT 'cancelled', step, cancelled_by, coalesce(ended_at, clock_timestamp()) FROM runbook_attempt
           WHERE run_id = $1 AND cancelled_by IS NOT NULL) AS act
       LEFT JOIN person p ON p.id = act.actor ORDER BY act.at DESC LIMIT 1`,
      [runId],
    );
    return row ?? null;
  },

  async insertPreview(tx, preview) {
    await tx.query(
      `INSERT INTO runbook_preview (id, run_id, step, plan, plan_hash, sentence, shown, previewed_by, previewed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp())`,
      [
        preview.id,
        preview.runId,
        preview.step,
        preview.plan,
        preview.planHash,
        preview.sentence,
        jsonb(preview.shown),
        preview.previewedBy,
      ],
    );
  },

  async sweepPreviews(tx) {
    await tx.query(
      `DELETE FROM runbook_preview p WHERE p.previewed_at < clock_timestamp() - interval '1 day'
         AND NOT EXISTS (SELECT FROM runbook_attempt a WHERE a.id = p.id)`,
    );
  },

  async preview(tx, runId, id) {
    const [row] = await tx.query<PreviewRow>(
      `SELECT id::text, run_id::text AS "runId", step, plan, plan_hash AS "planHash", sentence, shown,
         previewed_by AS "previewedBy", previewed_at AS "previewedAt"
       FROM runbook_preview WHERE run_id = $1 AND id = $2`,
      [runId, id],
    );
    return row ?? null;
  },
};

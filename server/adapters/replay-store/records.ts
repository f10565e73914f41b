import type { ResultStore } from '../../application/ports/result-store.ts';
import { type FindingKind, quarantineReasons } from '../../domain/replay/index.ts';
import { jsonb } from '../jsonb.ts';
import { insertFindings, removeFindings } from './findings.ts';

/** Of a trace that is being read: whoever read it is gone. */
export const hasLeftTrace = `requested_at < clock_timestamp() - interval '60 s'`;

export const recordRows: Pick<
  ResultStore,
  | 'addFindings'
  | 'removeFindings'
  | 'findingTotals'
  | 'quarantinedAmong'
  | 'isFolded'
  | 'requestTrace'
  | 'takeTraces'
  | 'holdTraces'
  | 'saveTraces'
  | 'failTraces'
  | 'failReading'
  | 'insertEvidence'
  | 'attach'
> = {
  addFindings: insertFindings,
  removeFindings,

  async findingTotals(tx, replayId) {
    const rows = await tx.query<{ kind: FindingKind; count: string }>(
      `SELECT kind, sum(count)::text AS count FROM replay_finding_count WHERE replay_id = $1
       GROUP BY kind ORDER BY kind`,
      [replayId],
    );
    return new Map(rows.map((row) => [row.kind, Number(row.count)]));
  },

  async quarantinedAmong(tx, replayId, waivers) {
    if (waivers.length === 0) return 0;
    const [row] = await tx.query<{ count: number }>(
      `SELECT count(DISTINCT (f.partition, f."offset"))::int AS count FROM replay_finding f
       JOIN unnest($2::int[], $3::bigint[]) AS waived(partition, "offset") USING (partition, "offset")
       WHERE f.replay_id = $1 AND f.kind = ANY ($4)`,
      [
        replayId,
        waivers.map(({ partition }) => partition),
        waivers.map(({ offset }) => offset),
        [...quarantineReasons],
      ],
    );
    return row?.count ?? 0;
  },

  async isFolded(tx, replayId) {
    const [row] = await tx.query<{ folded: boolean }>(
      `SELECT NOT EXISTS (SELECT FROM replay_partition WHERE replay_id = $1 AND status <> 'folded') AS folded`,
      [replayId],
    );
    return row?.folded === true;
  },

  async requestTrace(tx, replayId, key) {
    const rows = await tx.query<{ key: string }>(
      `INSERT INTO key_trace (replay_id, key, status) VALUES ($1, $2, 'queued')
       ON CONFLICT (replay_id, key) DO UPDATE SET status = 'queued', problem = NULL, requested_at = clock_timestamp()
         WHERE key_trace.status = 'failed'
       RETURNING key`,
      [replayId, key],
    );
    return rows.length > 0;
  },

  async takeTraces(tx, replayId, reader, limit) {
    const rows = await tx.query<{ key: string }>(
      `UPDATE key_trace SET status = 'reading', reader = $2, requested_at = clock_timestamp()
       WHERE replay_id = $1 AND key IN (
         SELECT key FROM key_trace WHERE replay_id = $1 AND status IN ('queued', 'reading')
           AND (status = 'queued' OR reader = $2 OR ${hasLeftTrace})
         ORDER BY requested_at LIMIT $3 FOR UPDATE SKIP LOCKED)
       RETURNING key`,
      [replayId, reader, limit],
    );
    return rows.map((row) => row.key);
  },

  async holdTraces(tx, replayId, reader) {
    await tx.query(
      `UPDATE key_trace SET requested_at = clock_timestamp()
       WHERE replay_id = $1 AND reader = $2 AND status = 'reading'`,
      [replayId, reader],
    );
  },

  async saveTraces(tx, replayId, traces) {
    for (const trace of traces) {
      await tx.query(
        `INSERT INTO key_trace (replay_id, key, status, steps, ready_at)
         VALUES ($1, $2, 'ready', $3, clock_timestamp())
         ON CONFLICT (replay_id, key) DO UPDATE
           SET status = 'ready', steps = excluded.steps, problem = NULL, ready_at = excluded.ready_at`,
        [replayId, trace.key, jsonb(trace.steps)],
      );
    }
  },

  async failTraces(tx, replayId, reader, keys, problem) {
    await tx.query(
      `UPDATE key_trace SET status = 'failed', problem = $4 WHERE replay_id = $1 AND reader = $2
         AND key = ANY($3) AND status = 'reading'`,
      [replayId, reader, keys, problem],
    );
  },

  async failReading(tx, replayId, reader, problem) {
    await tx.query(
      `UPDATE key_trace SET status = 'failed', problem = $3 WHERE replay_id = $1 AND reader = $2
         AND status = 'reading'`,
      [replayId, reader, problem],
    );
  },

  async insertEvidence(tx, evidence) {
    await tx.query(
      `INSERT INTO evidence_record (id, kind, contract_id, replay_id, statement, digest, status, confidence,
         agreement, coverage_kind, events_processed, duplicates_skipped, projections_changed,
         reconciliation_failures, requested_by, recorded_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
      [
        evidence.id,
        evidence.kind,
        evidence.contractId,
        evidence.replayId,
        Buffer.from(evidence.statement),
        evidence.digest,
        evidence.status,
        evidence.confidence,
        evidence.agreement,
        evidence.coverageKind,
        evidence.eventsProcessed,
        evidence.duplicatesSkipped,
        evidence.projectionsChanged,
        evidence.reconciliationFailures,
        evidence.requestedBy,
        evidence.recordedAt,
      ],
    );
  },

  async attach(tx, evidenceId, { name, digest, content }) {
    await tx.query(
      'INSERT INTO evidence_attachment (evidence_id, name, digest, content) VALUES ($1, $2, $3, $4)',
      [evidenceId, name, digest, Buffer.from(content)],
    );
  },
};

import type { WorkerStore } from '../../application/ports/worker-store.ts';
import { idleThreadsSql } from './folds.ts';
import { hasLeftTrace } from './records.ts';

/** Any fixed number of our own: one reaper at a time. */
const REAPER_LOCK = 7_463_120_114;

export const workerStore: WorkerStore = {
  async heartbeat(tx, worker) {
    await tx.query(
      `INSERT INTO worker (id, host, pid, threads, version, started_at, seen_at)
       VALUES ($1, $2, $3, $4, $5, clock_timestamp(), clock_timestamp())
       ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, threads = excluded.threads`,
      [worker.id, worker.host, worker.pid, worker.threads, worker.version],
    );
    await tx.query(`DELETE FROM worker WHERE seen_at < clock_timestamp() - interval '1 hour'`);
  },

  async leave(tx, workerId) {
    await tx.query('DELETE FROM worker WHERE id = $1', [workerId]);
  },

  async holdLeases(tx, owner, leaseMs) {
    await tx.query(
      `UPDATE replay_partition SET lease_until = clock_timestamp() + $2 * interval '1 ms'
       WHERE lease_owner = $1 AND status = 'folding'`,
      [owner, leaseMs],
    );
    await tx.query(
      `UPDATE replay SET lease_until = clock_timestamp() + $2 * interval '1 ms'
       WHERE lease_owner = $1 AND status NOT IN ('finished', 'refused', 'failed', 'cancelled')`,
      [owner, leaseMs],
    );
  },

  async dropLeases(tx, owner) {
    await tx.query(
      `UPDATE replay_partition SET lease_owner = NULL, lease_until = NULL, events_per_second = NULL,
         status = CASE WHEN status = 'folding' THEN 'waiting' ELSE status END
       WHERE lease_owner = $1`,
      [owner],
    );
    await tx.query('UPDATE replay SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = $1', [
      owner,
    ]);
  },

  async heldPartitions(tx, owner, replayId) {
    const rows = await tx.query<{ partition: number; cursor: string }>(
      `SELECT partition, cursor::text FROM replay_partition
       WHERE lease_owner = $1 AND replay_id = $2 ORDER BY partition`,
      [owner, replayId],
    );
    return rows.map((row) => ({ partition: row.partition, cursor: BigInt(row.cursor) }));
  },

  async findUnattended(tx) {
    const [lock] = await tx.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS taken', [
      REAPER_LOCK,
    ]);
    if (lock?.taken !== true) return null;
    const folds = await tx.query<{ replayId: string; unclaimed: number; idle: number }>(
      `SELECT r.id AS "replayId", count(p.*)::int AS unclaimed, (${idleThreadsSql}) AS idle
       FROM replay r LEFT JOIN replay_partition p ON p.replay_id = r.id AND p.status <> 'folded'
         AND (p.lease_until IS NULL OR p.lease_until <= clock_timestamp())
       WHERE r.status IN ('queued', 'folding') AND r.intent = 'run'
         AND (r.retry_at IS NULL OR r.retry_at <= clock_timestamp())
       GROUP BY r.id
       HAVING count(p.*) > 0
         OR NOT EXISTS (SELECT FROM replay_partition o WHERE o.replay_id = r.id AND o.status <> 'folded')`,
    );
    const pausing = await tx.query<{ id: string }>(
      `SELECT id FROM replay WHERE intent = 'pause' AND status IN ('queued', 'folding')`,
    );
    // Each half by an index of its own: an OR over both is looked for in every replay that there ever was.
    const idle = `(lease_until IS NULL OR lease_until <= clock_timestamp())
      AND (retry_at IS NULL OR retry_at <= clock_timestamp())`;
    const phases = await tx.query<{ id: string }>(
      `SELECT id FROM replay
       WHERE status IN ('merging', 'comparing', 'explaining', 'checking', 'recording') AND ${idle}
       UNION
       SELECT id FROM replay
       WHERE intent = 'cancel' AND status NOT IN ('finished', 'refused', 'failed', 'cancelled') AND ${idle}`,
    );
    const traces = await tx.query<{ id: string }>(
      `SELECT DISTINCT replay_id::text AS id FROM key_trace WHERE status IN ('queued', 'reading')
         AND (status = 'queued' OR ${hasLeftTrace})`,
    );
    const ids = (rows: readonly { readonly id: string }[]) => rows.map((row) => row.id);
    return { folds, pausing: ids(pausing), phases: ids(phases), traces: ids(traces) };
  },
};

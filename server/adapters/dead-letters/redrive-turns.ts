import type { Ends, RedriveStore } from '../../application/ports/redrives.ts';

/** Between two looks of workers, which come every second, lies less, unless nobody looked. */
const LOOKED_MS = 15_000;

/** Letters that are less than a second apart share what may go out in a second. */
const maySend = 'CASE WHEN next_send_at > clock_timestamp() THEN coalesce(may_send, 0) ELSE per_second END';

type Turns = Pick<
  RedriveStore,
  'open' | 'begin' | 'marks' | 'grow' | 'problem' | 'outcomes' | 'spend' | 'noteSeen'
>;

/** What a worker asks and writes down of a redrive as a whole, turn by turn. */
export const redriveTurns: Turns = {
  async open(tx) {
    const rows = await tx.query<{ id: string }>(
      `SELECT id FROM redrive WHERE status IN ('queued', 'running') OR status IN ('cancelled', 'stopped', 'done') AND
         (id IN (SELECT redrive_id FROM redrive_letter WHERE status IN ('sending', 'sent'))
          OR id IN (SELECT redrive_id FROM redrive_letter WHERE awaited)
            AND coalesce(looked_at < clock_timestamp() - interval '10 s', true))
       ORDER BY status IN ('queued', 'running') DESC, looked_at NULLS FIRST, requested_at LIMIT 100`,
    );
    return rows.map(({ id }) => id);
  },
  async begin(tx, id, deadFrom) {
    await tx.query(
      `UPDATE redrive SET status = 'running', started_at = coalesce(started_at, now()), looked_at = NULL,
         dead_from = coalesce(dead_from, $2::jsonb) WHERE id = $1`,
      [id, JSON.stringify(deadFrom)],
    );
  },
  async marks(tx, id) {
    const [row] = await tx.query<{
      dead_from: Ends | null;
      sending_from: Ends | null;
      settle_to: Ends | null;
      may_send: number;
      pause_ms: number | null;
    }>(
      `SELECT dead_from, sending_from, settle_to, ${maySend} AS may_send,
         extract(epoch FROM next_send_at - clock_timestamp())::float8 * 1000 AS pause_ms FROM redrive WHERE id = $1`,
      [id],
    );
    return {
      deadFrom: row?.dead_from ?? {},
      sendingFrom: row?.sending_from ?? {},
      settleTo: row?.settle_to ?? null,
      maySend: row?.may_send ?? 0,
      mayNotSendForMs: row?.may_send === 0 ? Math.max(1, row.pause_ms ?? 0) : 0,
    };
  },
  async grow(tx, id, batch, batchEnd) {
    await tx.query('UPDATE redrive SET batch = $2, batch_end = $3 WHERE id = $1', [id, batch, batchEnd]);
  },
  async problem(tx, id, sentence) {
    const rows = await tx.query(
      `UPDATE redrive SET problem = $2 WHERE id = $1 AND problem IS DISTINCT FROM $2
         AND status IN ('queued', 'running', 'paused') RETURNING id`,
      [id, sentence],
    );
    return rows.length > 0;
  },
  async outcomes(tx, id, from, to) {
    const [row] = await tx.query<{ reprocessed: number; others: number }>(
      `SELECT count(*) FILTER (WHERE status = 'reprocessed')::int AS reprocessed,
         count(*) FILTER (WHERE status IN ('failed', 'unknown'))::int AS others
       FROM redrive_letter WHERE redrive_id = $1 AND number > $2 AND number <= $3`,
      [id, from, to],
    );
    return row ?? { reprocessed: 0, others: 0 };
  },
  async spend(tx, id, letters) {
    await tx.query(
      `UPDATE redrive SET next_send_at = clock_timestamp() + interval '1 s',
         may_send = greatest(0, ${maySend} - $2) WHERE id = $1 AND $2 > 0`,
      [id, letters],
    );
  },
  async noteSeen(tx, id, seen) {
    // What nobody has looked at, because it was paused or no worker ran, is no time in which it stood still.
    await tx.query(
      `UPDATE redrive SET seen = $2::jsonb, looked_at = clock_timestamp(), seen_at = CASE WHEN seen = $2::jsonb
         AND seen_at IS NOT NULL AND looked_at > clock_timestamp() - interval '${LOOKED_MS} ms' THEN seen_at
         ELSE clock_timestamp() END WHERE id = $1`,
      [id, JSON.stringify(seen)],
    );
  },
};

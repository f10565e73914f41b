import type { Ends, RedriveStore } from '../../application/ports/redrives.ts';

/** So much of what lies between two looks counts: of more, nobody knows whether a worker looked after anything. */
const LOOKED_MS = 15_000;
/** Those that have ended wait for those that run, and so many share what is left of a turn. */
const ENDED_AT_ONCE = 10;

/** Letters that are less than a second apart share what may go out in a second. */
const maySend = 'CASE WHEN next_send_at > clock_timestamp() THEN coalesce(may_send, 0) ELSE per_second END';

type Turns = Pick<
  RedriveStore,
  'open' | 'takeUp' | 'begin' | 'marks' | 'grow' | 'problem' | 'outcomes' | 'spend' | 'noteSeen'
>;

/** What a worker asks and writes down of a redrive as a whole, turn by turn. */
export const redriveTurns: Turns = {
  async open(tx) {
    const rows = await tx.query<{ id: string }>(
      `(SELECT id FROM redrive WHERE status IN ('queued', 'running')
        ORDER BY tried_at NULLS FIRST, requested_at LIMIT 100)
       UNION ALL
       (SELECT id FROM redrive WHERE status IN ('cancelled', 'stopped', 'done') AND
          (id IN (SELECT redrive_id FROM redrive_letter WHERE status IN ('sending', 'sent'))
           OR id IN (SELECT redrive_id FROM redrive_letter WHERE awaited)
             AND coalesce(tried_at < clock_timestamp() - interval '10 s', true))
        ORDER BY tried_at NULLS FIRST, requested_at LIMIT ${ENDED_AT_ONCE})`,
    );
    return rows.map(({ id }) => id);
  },
  async takeUp(tx, id) {
    await tx.query('UPDATE redrive SET tried_at = clock_timestamp() WHERE id = $1', [id]);
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
         count(*) FILTER (WHERE status IN ('failed', 'unknown', 'unseen'))::int AS others
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
    await tx.query(
      `UPDATE redrive SET seen = $2::jsonb, looked_at = clock_timestamp(), still_ms = CASE
           WHEN seen IS DISTINCT FROM $2::jsonb THEN 0 WHEN looked_at IS NULL THEN still_ms
           ELSE still_ms + least(${LOOKED_MS}, extract(epoch FROM clock_timestamp() - looked_at) * 1000)::bigint END
       WHERE id = $1`,
      [id, JSON.stringify(seen)],
    );
  },
};

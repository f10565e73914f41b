import type { RedriveStore } from '../../application/ports/redrives.ts';
import { placeColumns } from './redrive-rows.ts';

type Sending = Pick<
  RedriveStore,
  | 'waiting'
  | 'sending'
  | 'sent'
  | 'markSending'
  | 'markSent'
  | 'markWaiting'
  | 'giveUp'
  | 'markBarred'
  | 'markConsumed'
  | 'endWait'
  | 'markGone'
  | 'settle'
  | 'parkedSince'
>;

/** What a worker asks and writes down of the letters that it sends, and of what became of them. */
export const redriveSending: Sending = {
  waiting: (tx, id, to, limit) =>
    tx.query(
      `SELECT ${placeColumns} FROM redrive_letter WHERE redrive_id = $1 AND status = 'waiting' AND number <= $2
       ORDER BY number LIMIT $3`,
      [id, to, limit],
    ),
  sending: (tx, id) =>
    tx.query(
      `SELECT ${placeColumns} FROM redrive_letter WHERE redrive_id = $1 AND status = 'sending' ORDER BY number`,
      [id],
    ),
  sent: (tx, id) =>
    tx.query(
      `SELECT ${placeColumns}, sent_partition AS "sentPartition", sent_offset::text AS "sentOffset",
         extract(epoch FROM clock_timestamp() - sent_at)::float8 * 1000 AS "ageMs", awaited AS "isAwaited",
         least(extract(epoch FROM clock_timestamp() - sent_at)::float8 * 1000,
           (SELECT still_ms FROM redrive WHERE id = $1)::float8) AS "stillMs", dead_to AS "deadTo"
       FROM redrive_letter WHERE redrive_id = $1 AND (status = 'sent' OR awaited) ORDER BY number`,
      [id],
    ),
  async markSending(tx, id, numbers, from) {
    await tx.query('UPDATE redrive SET sending_from = $2::jsonb, settle_to = NULL WHERE id = $1', [
      id,
      JSON.stringify(from),
    ]);
    const marked = await tx.query(
      `UPDATE redrive_letter SET status = 'sending'
       WHERE redrive_id = $1 AND number = ANY ($2::int[]) AND status = 'waiting' RETURNING number`,
      [id, numbers],
    );
    return marked.length;
  },
  async markSent(tx, id, landed) {
    await tx.query(
      `UPDATE redrive_letter l SET status = 'sent', sent_at = clock_timestamp(), sent_partition = s.partition,
         sent_offset = s."offset"
       FROM unnest($2::int[], $3::int[], $4::bigint[]) AS s (number, partition, "offset")
       WHERE l.redrive_id = $1 AND l.number = s.number AND l.status = 'sending'`,
      [
        id,
        landed.map(({ number }) => number),
        landed.map(({ partition }) => partition),
        landed.map(({ offset }) => offset),
      ],
    );
    // For what goes out now its consumer has not stood still yet.
    if (landed.length > 0)
      await tx.query('UPDATE redrive SET still_ms = 0, looked_at = clock_timestamp() WHERE id = $1', [id]);
  },
  async markWaiting(tx, id, numbers) {
    await tx.query(
      `UPDATE redrive_letter SET status = 'waiting' WHERE redrive_id = $1 AND number = ANY ($2::int[]) AND status = 'sending'`,
      [id, numbers],
    );
  },
  async giveUp(tx, id, numbers, { status, cause }) {
    await tx.query(
      `UPDATE redrive_letter SET status = $3, cause = $4, ended_at = clock_timestamp()
       WHERE redrive_id = $1 AND number = ANY ($2::int[]) AND status = 'sending'`,
      [id, numbers, status, cause],
    );
  },
  async markBarred(tx, id, to) {
    await tx.query('UPDATE redrive SET settle_to = $2::jsonb WHERE id = $1', [id, JSON.stringify(to)]);
  },
  async markConsumed(tx, id, numbers, deadTo) {
    await tx.query(
      `UPDATE redrive_letter SET dead_to = $3::jsonb
       WHERE redrive_id = $1 AND number = ANY ($2::int[]) AND dead_to IS NULL`,
      [id, numbers, JSON.stringify(deadTo)],
    );
  },
  async endWait(tx, redriveId, { id, personId, reason }) {
    const waited = await tx.query<{ number: number }>(
      'SELECT number FROM redrive_letter WHERE redrive_id = $1 AND awaited ORDER BY number FOR UPDATE',
      [redriveId],
    );
    if (waited.length === 0) return 0;
    await tx.query(
      'INSERT INTO redrive_wait_end (id, redrive_id, person_id, letters, reason) VALUES ($1, $2, $3, $4, $5)',
      [id, redriveId, personId, waited.length, reason],
    );
    await tx.query(
      `UPDATE redrive_letter SET status = 'unseen', awaited = false, ended_at = clock_timestamp()
       WHERE redrive_id = $1 AND number = ANY ($2::int[])`,
      [redriveId, waited.map(({ number }) => number)],
    );
    return waited.length;
  },
  async markGone(tx, id, numbers) {
    await tx.query(
      `UPDATE redrive_letter SET status = 'gone', ended_at = clock_timestamp(), cause = 'It is in its topic no more.'
       WHERE redrive_id = $1 AND number = ANY ($2::int[]) AND status = 'waiting'`,
      [id, numbers],
    );
  },
  async settle(tx, id, outcomes) {
    await tx.query(
      `UPDATE redrive_letter l SET status = o.status, cause = o.cause, awaited = o.awaited, ended_at = clock_timestamp()
       FROM unnest($2::int[], $3::text[], $4::text[], $5::boolean[]) AS o (number, status, cause, awaited)
       WHERE l.redrive_id = $1 AND l.number = o.number AND (l.status = 'sent' OR l.awaited)`,
      [
        id,
        outcomes.map(({ number }) => number),
        outcomes.map(({ status }) => status),
        outcomes.map((each) => (each.status === 'reprocessed' ? null : each.cause)),
        outcomes.map((each) => each.status === 'unknown' && each.isAwaited),
      ],
    );
  },
  async parkedSince(tx, { contractId, state, topic, identity }, eventId, from) {
    const [row] = await tx.query<{ cause: string | null }>(
      `SELECT coalesce(l.cause, 'no cause') AS cause FROM dead_letter l
       WHERE l.topic = $1 AND l.identity = $2 AND l.event_id = $3
         AND (l.state IS NULL OR (l.contract_id, l.state) = ($5, $6)) AND l."offset" >= coalesce(($4::jsonb ->> l.partition::text)::bigint, 0) ORDER BY l.indexed_at DESC LIMIT 1`,
      [topic, identity, eventId, JSON.stringify(from), contractId, state],
    );
    return row?.cause ?? null;
  },
};

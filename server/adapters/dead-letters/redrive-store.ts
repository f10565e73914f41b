import type {
  AwaitingRedrive,
  Ends,
  PastRedrive,
  Redrive,
  RedriveEdit,
  RedrivenLetter,
  RedriveStore,
} from '../../application/ports/redrives.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { type LetterStatus, letterStatuses, type RedriveStatus } from '../../domain/dead-letters/index.ts';
import { isTaken } from './taken.ts';

type Row = {
  id: string;
  contract_id: string;
  state: string;
  version: number | null;
  topic: string;
  identity: string;
  target: string;
  hash: string;
  letters: number;
  per_second: number;
  requested_by: string;
  requested_at: Date;
  reason: string;
  attempt_id: string | null;
  status: RedriveStatus;
  problem: string | null;
  batch: number;
  batch_end: number;
  started_at: Date | null;
  ended_at: Date | null;
  counts: Partial<Record<LetterStatus, number>> | null;
  decisions:
    | { personId: string; verdict: 'approved' | 'rejected'; reason: string; decidedAt: string }[]
    | null;
};

const columns = `id, contract_id, state, contract_version AS version, topic, identity, target, hash, letters, per_second, requested_by, requested_at,
  reason, attempt_id, status, problem, batch, batch_end, started_at, ended_at,
  (SELECT json_object_agg(t.status, t.letters) FROM redrive_tally t WHERE t.redrive_id = r.id) AS counts,
  (SELECT json_agg(json_build_object('personId', d.person_id, 'verdict', d.verdict, 'reason', d.reason,
     'decidedAt', d.decided_at) ORDER BY d.decided_at) FROM redrive_decision d WHERE d.redrive_id = r.id) AS decisions`;

async function one(tx: Transaction, where: string, value: string, suffix = ''): Promise<Redrive | null> {
  const [row] = await tx.query<Row>(`SELECT ${columns} FROM redrive r WHERE ${where} ${suffix}`, [value]);
  return row === undefined ? null : toRedrive(row);
}

const placeColumns = `number, partition, "offset"::text, event_id AS "eventId"`;

const taken = {
  ...{ topic: '$1', identity: '$4', partition: 'c.partition', offset: 'c."offset"' },
  ...{ contractId: '$5', state: '$6' },
};

/** Between two looks of workers, which come every second, lies less, unless nobody looked. */
const LOOKED_MS = 15_000;

/** Letters that are less than a second apart share what may go out in a second. */
const maySend = 'CASE WHEN next_send_at > clock_timestamp() THEN coalesce(may_send, 0) ELSE per_second END';

export const redriveStore: RedriveStore = {
  async insert(tx, redrive, letters) {
    const { id, contractId, state, topic, identity, target, frozen, hash, perSecond } = redrive;
    await tx.query(
      `INSERT INTO redrive (id, contract_id, state, topic, identity, target, frozen, hash, letters, per_second,
         requested_by, reason, attempt_id, status) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
      [
        ...[id, contractId, state, topic, identity, target, frozen, hash, letters.length, perSecond],
        ...[redrive.requestedBy, redrive.reason, redrive.attemptId, redrive.status],
      ],
    );
    await tx.query(
      `INSERT INTO redrive_letter (redrive_id, number, topic, partition, "offset", event_id)
       SELECT $1, place, $2, partition, "offset", event_id
       FROM unnest($3::int[], $4::bigint[], $5::text[]) WITH ORDINALITY AS l (partition, "offset", event_id, place)`,
      [
        id,
        topic,
        letters.map(({ partition }) => partition),
        letters.map(({ offset }) => offset),
        letters.map(({ eventId }) => eventId),
      ],
    );
  },
  async insertEdit(tx, id, { eventId, originalEventId, key, ticket, salt, value }) {
    await tx.query(
      `INSERT INTO redrive_edit (redrive_id, event_id, original_event_id, key, ticket, salt, value)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [id, eventId, originalEventId, key, ticket, salt, value],
    );
  },
  async edit(tx, id) {
    const [row] = await tx.query<RedriveEdit>(
      `SELECT e.event_id AS "eventId", e.original_event_id AS "originalEventId", e.ticket, e.value,
         r.frozen::json #> '{edit,idHeaders}' AS "idHeaders"
       FROM redrive_edit e JOIN redrive r ON r.id = e.redrive_id WHERE e.redrive_id = $1`,
      [id],
    );
    return row ?? null;
  },
  find: (tx, id) => one(tx, 'id = $1', id),
  ofAttempt: (tx, attemptId) => one(tx, 'attempt_id = $1', attemptId),
  async lock(tx, id) {
    await tx.query('SELECT FROM redrive WHERE id = $1 FOR UPDATE', [id]);
    return one(tx, 'id = $1', id);
  },
  async list(tx, limit) {
    const rows = await tx.query<Row>(
      `SELECT ${columns} FROM redrive r ORDER BY requested_at DESC, id LIMIT $1`,
      [limit],
    );
    return rows.map(toRedrive);
  },
  async awaiting(tx, limit) {
    const rows = await tx.query<Omit<AwaitingRedrive, 'requestedAt'> & { requestedAt: Date }>(
      `SELECT id, contract_id AS "contractId", state, target, hash, letters, requested_by AS "requestedBy",
         requested_at AS "requestedAt", reason,
         EXISTS (SELECT FROM redrive_edit e WHERE e.redrive_id = r.id) AS "isEdited"
       FROM redrive r WHERE status = 'awaiting-approval' ORDER BY requested_at, id LIMIT $1`,
      [limit],
    );
    return rows.map((row) => ({ ...row, requestedAt: row.requestedAt.toISOString() }));
  },
  async lettersOf(tx, id, after, limit) {
    const rows = await tx.query<LetterRow>(
      `SELECT ${placeColumns}, status, sent_partition, sent_offset::text, sent_at, ended_at, cause
       FROM redrive_letter WHERE redrive_id = $1 AND number > $2 ORDER BY number LIMIT $3`,
      [id, after, limit],
    );
    return rows.map(toLetter);
  },
  async ofLetter(tx, { topic, identity, partition, offset }) {
    const rows = await tx.query<PastRow>(
      `SELECT r.id, r.status AS redrive_status, r.requested_by, r.requested_at, l.status, l.cause,
         e.event_id AS edited_as
       FROM redrive_letter l JOIN redrive r ON r.id = l.redrive_id LEFT JOIN redrive_edit e ON e.redrive_id = r.id
       WHERE l.topic = $1 AND l.partition = $2 AND l."offset" = $3 AND r.identity = $4 ORDER BY r.requested_at DESC LIMIT 20`,
      [topic, partition, offset, identity],
    );
    return rows.map(
      (row): PastRedrive => ({
        redriveId: row.id,
        redriveStatus: row.redrive_status,
        requestedBy: row.requested_by,
        requestedAt: row.requested_at.toISOString(),
        status: row.status,
        cause: row.cause,
        editedAs: row.edited_as,
      }),
    );
  },
  async taken(tx, { contractId, state, topic, identity }, letters) {
    const [row] = await tx.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM unnest($2::int[], $3::bigint[]) AS c (partition, "offset")
       WHERE ${isTaken(taken)}`,
      [
        ...[topic, letters.map(({ partition }) => partition), letters.map(({ offset }) => offset)],
        ...[identity, contractId, state],
      ],
    );
    return row?.count ?? 0;
  },
  async decide(tx, { id, redriveId, personId, hash, verdict, reason }) {
    await tx.query(
      'INSERT INTO redrive_decision (id, redrive_id, person_id, hash, verdict, reason) VALUES ($1, $2, $3, $4, $5, $6)',
      [id, redriveId, personId, hash, verdict, reason],
    );
  },
  async move(tx, id, status, problem = null) {
    await tx.query(
      `UPDATE redrive SET status = $2, problem = $3,
         ended_at = CASE WHEN $2 IN ('stopped', 'done', 'cancelled', 'refused') THEN now() END WHERE id = $1`,
      [id, status, problem],
    );
  },
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
         extract(epoch FROM clock_timestamp() - greatest(sent_at, (SELECT coalesce(seen_at, clock_timestamp())
           FROM redrive WHERE id = $1)))::float8 * 1000 AS "stillMs", dead_to AS "deadTo"
       FROM redrive_letter WHERE redrive_id = $1 AND (status = 'sent' OR awaited) ORDER BY number`,
      [id],
    ),
  async noteSeen(tx, id, seen) {
    // What nobody has looked at, because it was paused or no worker ran, is no time in which it stood still.
    await tx.query(
      `UPDATE redrive SET seen = $2::jsonb, looked_at = clock_timestamp(), seen_at = CASE WHEN seen = $2::jsonb
         AND seen_at IS NOT NULL AND looked_at > clock_timestamp() - interval '${LOOKED_MS} ms' THEN seen_at
         ELSE clock_timestamp() END WHERE id = $1`,
      [id, JSON.stringify(seen)],
    );
  },
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
  },
  async spend(tx, id, letters) {
    await tx.query(
      `UPDATE redrive SET next_send_at = clock_timestamp() + interval '1 s',
         may_send = greatest(0, ${maySend} - $2) WHERE id = $1 AND $2 > 0`,
      [id, letters],
    );
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

type LetterRow = {
  number: number;
  partition: number;
  offset: string;
  eventId: string | null;
  status: LetterStatus;
  sent_partition: number | null;
  sent_offset: string | null;
  sent_at: Date | null;
  ended_at: Date | null;
  cause: string | null;
};
type PastRow = {
  id: string;
  redrive_status: RedriveStatus;
  requested_by: string;
  requested_at: Date;
  status: LetterStatus;
  cause: string | null;
  edited_as: string | null;
};

const toLetter = ({
  sent_partition: sentPartition,
  sent_offset: sentOffset,
  sent_at: sentAt,
  ended_at: endedAt,
  ...row
}: LetterRow): RedrivenLetter => ({
  ...row,
  sentPartition,
  sentOffset,
  sentAt: sentAt?.toISOString() ?? null,
  endedAt: endedAt?.toISOString() ?? null,
});

function toRedrive(row: Row): Redrive {
  return {
    id: row.id,
    contractId: row.contract_id,
    state: row.state,
    version: row.version,
    topic: row.topic,
    identity: row.identity,
    target: row.target,
    hash: row.hash,
    letters: row.letters,
    perSecond: row.per_second,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    reason: row.reason,
    attemptId: row.attempt_id,
    status: row.status,
    problem: row.problem,
    batch: row.batch,
    batchEnd: row.batch_end,
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    counts: Object.fromEntries(
      letterStatuses.map((status) => [status, row.counts?.[status] ?? 0]),
    ) as Redrive['counts'],
    decisions: row.decisions ?? [],
  };
}

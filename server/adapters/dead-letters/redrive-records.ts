import type {
  AwaitingRedrive,
  Redrive,
  RedriveEdit,
  RedriveStore,
} from '../../application/ports/redrives.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import {
  redriveColumns as columns,
  type LetterRow,
  type PastRow,
  placeColumns,
  type Row,
  toLetter,
  toPast,
  toRedrive,
} from './redrive-rows.ts';
import { isTaken } from './taken.ts';

async function one(tx: Transaction, where: string, value: string, suffix = ''): Promise<Redrive | null> {
  const [row] = await tx.query<Row>(`SELECT ${columns} FROM redrive r WHERE ${where} ${suffix}`, [value]);
  return row === undefined ? null : toRedrive(row);
}

const taken = {
  ...{ topic: '$1', identity: '$4', partition: 'c.partition', offset: 'c."offset"' },
  ...{ contractId: '$5', state: '$6' },
};

type Records = Pick<
  RedriveStore,
  | 'insert'
  | 'insertEdit'
  | 'edit'
  | 'find'
  | 'ofAttempt'
  | 'lock'
  | 'list'
  | 'awaiting'
  | 'lettersOf'
  | 'ofLetter'
  | 'taken'
  | 'decide'
  | 'move'
>;

/** What is asked for, by whom, and what was decided about it. */
export const redriveRecords: Records = {
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
      `SELECT ${placeColumns}, status, awaited, sent_partition, sent_offset::text, sent_at, ended_at, cause
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
    return rows.map(toPast);
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
};

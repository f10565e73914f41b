import { z } from 'zod';
import type {
  OverdueAction,
  Recurring,
  ReviewStore,
  ReviewSummary,
} from '../../application/ports/reviews.ts';
import { decodeCursor, toPage } from '../../domain/shared/cursors.ts';
import { NEWEST_ACTIONS } from './action-rows.ts';

const SIGNED = `(r.status = 'signed')::int`;
const place = z.tuple([z.literal([0, 1]), z.iso.datetime(), z.uuid()]);

/** Actions that are late: not done, not dropped, and after their day, which is one of UTC. */
const OVERDUE = `SELECT n.action_id AS "actionId", n.review_id::text AS "reviewId", n.title, n.owner, n.due_on AS "dueOn",
    ((clock_timestamp() AT TIME ZONE 'UTC')::date - n.due_on::date) AS "daysLate", i.contract_id AS "contractId"
  FROM (${NEWEST_ACTIONS}) AS n JOIN review r ON r.id = n.review_id JOIN incident i ON i.id = r.incident_id
  WHERE n.back = 1 AND NOT n.dropped AND n.done IS NOT TRUE
    AND n.due_on::date < (clock_timestamp() AT TIME ZONE 'UTC')::date`;

export const reviewLists: Pick<
  ReviewStore,
  'list' | 'unsigned' | 'overdue' | 'recurring' | 'recoveredSince' | 'takeUntold'
> = {
  async list(tx, { status, contractId }, { cursor, limit }) {
    const [signed, createdAt, id] = cursor === undefined ? [null, null, null] : decodeCursor(cursor, place);
    const rows = await tx.query<ReviewSummary>(
      `SELECT r.id::text, r.incident_id::text AS "incidentId", i.title, i.class, i.kind, i.contract_id AS "contractId",
         r.status, r.revision, ${iso('r.created_at')} AS "createdAt", ${iso('i.recovered_at')} AS "recoveredAt",
         ${iso('s.signed_at')} AS "signedAt", s.signed_by AS "signedBy", a.actions, a.done, a.overdue
       FROM review r JOIN incident i ON i.id = r.incident_id
       LEFT JOIN LATERAL (SELECT signed_at, signed_by FROM review_signing s WHERE s.review_id = r.id
         ORDER BY revision DESC LIMIT 1) s ON true
       CROSS JOIN LATERAL (SELECT count(*)::int AS actions, count(*) FILTER (WHERE n.done)::int AS done,
           count(*) FILTER (WHERE n.done IS NOT TRUE
             AND n.due_on::date < (clock_timestamp() AT TIME ZONE 'UTC')::date)::int AS overdue
         FROM (${NEWEST_ACTIONS} WHERE a.review_id = r.id) AS n WHERE n.back = 1 AND NOT n.dropped) a
       WHERE ($1::text IS NULL OR r.status = $1 OR ($1 = 'unsigned' AND r.status <> 'signed'))
         AND ($2::text IS NULL OR i.contract_id = $2)
         AND ($4::int IS NULL OR ${SIGNED} > $4
           OR (${SIGNED} = $4 AND (r.created_at, r.id) < ($5::timestamptz, $6::uuid)))
       ORDER BY ${SIGNED}, r.created_at DESC, r.id DESC LIMIT $3`,
      [status ?? null, contractId ?? null, limit + 1, signed, createdAt, id],
    );
    return toPage(rows, limit, (row) => [row.status === 'signed' ? 1 : 0, row.createdAt, row.id]);
  },

  async unsigned(tx) {
    const [row] = await tx.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM review WHERE status <> 'signed'`,
    );
    return row?.count ?? 0;
  },

  overdue: (tx, owner) =>
    tx.query<OverdueAction>(
      `${OVERDUE} AND ($1::text IS NULL OR n.owner = $1) ORDER BY n.due_on, n.action_id LIMIT 200`,
      [owner],
    ),

  recurring: (tx, days) =>
    tx.query<Recurring>(
      `SELECT of.by, of.what, i.contract_id AS "contractId", count(*)::int AS count,
         (array_agg(i.id::text ORDER BY i.opened_at DESC))[1] AS "lastIncidentId",
         ${iso('max(i.opened_at)')} AS "lastAt"
       FROM incident i CROSS JOIN LATERAL (VALUES ('cause', i.cause), ('kind', i.kind)) AS of(by, what)
       WHERE i.opened_at > clock_timestamp() - make_interval(days => $1) AND i.kind <> 'by-hand'
       GROUP BY of.by, of.what, i.contract_id HAVING count(*) > 1
       ORDER BY count(*) DESC, max(i.opened_at) DESC LIMIT 50`,
      [days],
    ),

  async recoveredSince(tx, since) {
    const rows = await tx.query<{
      recovered_at: Date;
      detect: number;
      acknowledge: number | null;
      recover: number;
    }>(
      `SELECT recovered_at, ${ms('opened_at', 'began_at')} AS detect, ${ms('acknowledged_at', 'clock_from')} AS acknowledge,
         ${ms('recovered_at', 'began_at')} AS recover
       FROM incident WHERE recovered_at >= $1`,
      [since],
    );
    return rows.map((row) => ({
      recoveredAt: row.recovered_at,
      detectMs: measured(row.detect),
      acknowledgeMs: measured(row.acknowledge),
      recoverMs: measured(row.recover),
    }));
  },

  takeUntold: (tx) =>
    tx.query<OverdueAction>(
      `WITH late AS (${OVERDUE}), told AS (
         INSERT INTO review_reminder (action_id, due_on) SELECT l."actionId"::uuid, l."dueOn"::date FROM late l
         ON CONFLICT DO NOTHING RETURNING action_id::text AS id)
       SELECT l.* FROM late l JOIN told ON told.id = l."actionId" ORDER BY l."dueOn", l."actionId"`,
    ),
};

function iso(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

function ms(to: string, from: string): string {
  return `round(extract(epoch FROM ${to} - ${from}) * 1000)::float8`;
}

/** What is less than nothing was measured by a clock that was wrong. */
const measured = (span: number | null) => (span === null || span < 0 ? null : span);

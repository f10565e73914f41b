import type { DeliveryStore } from '../../application/ports/deliveries.ts';
import type { AwaitedEvent } from '../../domain/deliveries/index.ts';

type AwaitedRow = {
  id: string;
  eventId: string;
  balance: number;
  at: Date;
  dueAt: Date;
  position: string | null;
  partition: number | null;
  offset: string | null;
  lost: number;
  lostAt: Date | null;
};

const AWAITED = `id::text, event_id AS "eventId", balance, at, due_at AS "dueAt", position::text, partition,
  "offset"::text, lost, lost_at AS "lostAt"`;

const toAwaited = (row: AwaitedRow): AwaitedEvent => ({
  id: row.id.replaceAll('-', ''),
  eventId: row.eventId,
  balance: row.balance,
  atMs: row.at.getTime(),
  dueMs: row.dueAt.getTime(),
  position: row.position === null ? null : BigInt(row.position),
  partition: row.partition,
  offset: row.offset === null ? null : Number(row.offset),
  lost: row.lost,
  lostAtMs: row.lostAt?.getTime() ?? null,
});

type SentStore = Pick<
  DeliveryStore,
  | 'moveSent'
  | 'endSent'
  | 'countPositions'
  | 'countedBetween'
  | 'dropPositions'
  | 'awaited'
  | 'due'
  | 'keepAwaited'
  | 'dropAwaited'
  | 'dropAllAwaited'
  | 'lost'
>;

export const sentStore: SentStore = {
  async moveSent(tx, contractId, audit, to) {
    await tx.query(
      `INSERT INTO sent_cursor (contract_id, identity, top, settled, seen_xmin, mark_xmax, mark_top, mark_at, read_at,
         pruned, reaches_back_to, started_at, lowest, file_node, pass_position, pass_to, pass_xmin, pass_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
       ON CONFLICT (contract_id) DO UPDATE SET identity = excluded.identity, top = excluded.top,
         settled = excluded.settled, seen_xmin = excluded.seen_xmin, mark_xmax = excluded.mark_xmax,
         mark_top = excluded.mark_top, mark_at = excluded.mark_at, read_at = excluded.read_at,
         pruned = excluded.pruned, reaches_back_to = excluded.reaches_back_to, started_at = excluded.started_at,
         lowest = excluded.lowest, file_node = excluded.file_node, pass_position = excluded.pass_position,
         pass_to = excluded.pass_to, pass_xmin = excluded.pass_xmin, pass_at = excluded.pass_at`,
      [
        contractId,
        to.identity,
        to.top.toString(),
        to.settled.toString(),
        to.xmin.toString(),
        to.mark.xmax.toString(),
        to.mark.top.toString(),
        to.mark.at,
        to.readAt,
        to.pruned,
        to.lowest?.at ?? null,
        to.startedAt,
        to.lowest?.position.toString() ?? null,
        to.fileNode,
        to.pass?.position.toString() ?? null,
        to.pass?.to.toString() ?? null,
        to.pass?.xmin.toString() ?? null,
        to.pass?.at ?? null,
      ],
    );
    await tx.query('DELETE FROM sent_position WHERE audit = $1 AND position <= $2', [
      audit,
      to.settled.toString(),
    ]);
  },

  async endSent(tx, contractId, audit) {
    await tx.query('DELETE FROM sent_cursor WHERE contract_id = $1', [contractId]);
    await tx.query('DELETE FROM sent_position WHERE audit = $1', [audit]);
    await tx.query('DELETE FROM awaited_event WHERE audit = $1', [audit]);
  },

  async countPositions(tx, audit, positions) {
    if (positions.length === 0) return new Set();
    const rows = await tx.query<{ position: string }>(
      `INSERT INTO sent_position (audit, position) SELECT $1, unnest($2::bigint[])
       ON CONFLICT DO NOTHING RETURNING position::text`,
      [audit, positions.map(String)],
    );
    return new Set(rows.map(({ position }) => BigInt(position)));
  },

  async dropPositions(tx, audit) {
    await tx.query('DELETE FROM sent_position WHERE audit = $1', [audit]);
  },

  async countedBetween(tx, audit, from, to) {
    const [row] = await tx.query<{ count: string }>(
      'SELECT count(*)::text AS count FROM sent_position WHERE audit = $1 AND position > $2 AND position <= $3',
      [audit, from.toString(), to.toString()],
    );
    return Number(row?.count ?? 0);
  },

  async awaited(tx, audit, ids) {
    if (ids.length === 0) return new Map();
    const rows = await tx.query<AwaitedRow>(
      `SELECT ${AWAITED} FROM awaited_event WHERE audit = $1 AND id = ANY($2::uuid[])`,
      [audit, ids],
    );
    return new Map(rows.map(toAwaited).map((each) => [each.id, each]));
  },

  async due(tx, audit, at, limit) {
    const rows = await tx.query<AwaitedRow>(
      `SELECT ${AWAITED} FROM awaited_event WHERE audit = $1 AND due_at <= $2 AND balance <> lost
       ORDER BY due_at LIMIT $3`,
      [audit, at, limit],
    );
    return rows.map(toAwaited);
  },

  async keepAwaited(tx, audit, awaited) {
    if (awaited.length === 0) return;
    await tx.query(
      `INSERT INTO awaited_event (audit, id, event_id, balance, at, due_at, position, partition, "offset", lost, lost_at)
       SELECT $1, n.* FROM unnest($2::uuid[], $3::text[], $4::int[], $5::timestamptz[], $6::timestamptz[],
         $7::bigint[], $8::int[], $9::bigint[], $10::int[], $11::timestamptz[]) AS n
       ON CONFLICT (audit, id) DO UPDATE SET balance = excluded.balance, at = excluded.at, due_at = excluded.due_at,
         position = excluded.position, partition = excluded.partition, "offset" = excluded."offset",
         lost = excluded.lost, lost_at = excluded.lost_at`,
      [
        audit,
        awaited.map(({ id }) => id),
        awaited.map(({ eventId }) => eventId.replaceAll('\u0000', '\\0')),
        awaited.map(({ balance }) => balance),
        awaited.map(({ atMs }) => new Date(atMs)),
        awaited.map(({ dueMs }) => new Date(dueMs)),
        awaited.map(({ position }) => position?.toString() ?? null),
        awaited.map(({ partition }) => partition),
        awaited.map(({ offset }) => offset),
        awaited.map(({ lost }) => lost),
        awaited.map(({ lostAtMs }) => (lostAtMs === null ? null : new Date(lostAtMs))),
      ],
    );
  },

  async dropAwaited(tx, audit, ids) {
    if (ids.length === 0) return;
    await tx.query('DELETE FROM awaited_event WHERE audit = $1 AND id = ANY($2::uuid[])', [audit, ids]);
  },

  async dropAllAwaited(tx, audit) {
    const rows = await tx.query<{ count: string }>(
      `WITH gone AS (DELETE FROM awaited_event WHERE audit = $1 AND lost = 0 RETURNING balance)
       SELECT count(*)::text AS count FROM gone WHERE balance > 0`,
      [audit],
    );
    return Number(rows[0]?.count ?? 0);
  },

  async lost(tx, audit, limit) {
    const rows = await tx.query<{ eventId: string; count: string; since: Date }>(
      `SELECT event_id AS "eventId", sum(lost) OVER ()::text AS count, min(at) OVER () AS since
       FROM awaited_event WHERE audit = $1 AND lost > 0 ORDER BY at, id LIMIT $2`,
      [audit, limit],
    );
    return {
      count: Number(rows[0]?.count ?? 0),
      since: rows[0]?.since ?? null,
      eventIds: rows.map(({ eventId }) => eventId),
    };
  },
};

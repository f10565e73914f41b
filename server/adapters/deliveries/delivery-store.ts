import type { DeliveryStore, PartitionCursor } from '../../application/ports/deliveries.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import type { CountName, DeliveryFinding, KnownId } from '../../domain/deliveries/index.ts';
import { loadStanding } from './load-standing.ts';
import { sentStore } from './sent-store.ts';

/** 128 bits as a uuid, whose text has dashes. */
const fromUuid = (text: string) => text.replaceAll('-', '');
/** PostgreSQL's text has no NUL. */
const storable = (text: string | null) => text?.replaceAll('\u0000', '\\0') ?? null;

const columns: Readonly<Record<CountName, string>> = {
  events: 'events',
  redelivered: 'redelivered',
  conflicting: 'conflicting',
  undecodable: 'undecodable',
  withoutId: 'without_id',
  missing: 'missing',
  sent: 'sent',
  lost: 'lost',
  late: 'late',
  unsent: 'unsent',
  untold: 'untold',
};
const countColumns = Object.entries(columns) as [CountName, string][];

/** Of a turn of the sweep: no transaction grows with what has piled up. */
const SWEPT_AT_ONCE = 20_000;
/** Rows of one kind of a contract in an hour: a flood is counted whole and shown by its first. */
const KEPT_AN_HOUR = 2_000;

/** Those that there is room for in this hour. What was lost is kept whole, since it may arrive after all. */
async function withinHour(
  tx: Transaction,
  contractId: string,
  findings: readonly DeliveryFinding[],
  at: Date,
): Promise<readonly DeliveryFinding[]> {
  if (findings.length === 0) return [];
  const rows = await tx.query<{ kind: string; count: number }>(
    `SELECT kind, count(*)::int AS count FROM delivery_finding
     WHERE contract_id = $1 AND found_at > $2::timestamptz - interval '1 hour' GROUP BY kind`,
    [contractId, at],
  );
  const counts = new Map(rows.map(({ kind, count }) => [kind, count]));
  return findings.filter(({ kind }) => {
    const before = counts.get(kind) ?? 0;
    counts.set(kind, before + 1);
    return kind === 'lost' || kind === 'recreated' || before < KEPT_AN_HOUR;
  });
}

export const deliveryStore: DeliveryStore = {
  load: loadStanding,
  ...sentStore,

  async begin(tx, contractId, { identity, since, at }) {
    const rows = await tx.query<{ number: number }>(
      // A turn that failed before any began has read nothing: what is audited begins here.
      `INSERT INTO delivery_audit AS known (contract_id, history_identity, look_back_hours, since, started_at, audited_at)
       VALUES ($1, $2, 0, $3, $4, $4)
       ON CONFLICT (contract_id) DO UPDATE SET history_identity = excluded.history_identity, problem = NULL,
         problem_since = NULL,
         since = CASE WHEN known.history_identity = '' THEN excluded.since ELSE known.since END,
         started_at = CASE WHEN known.history_identity = '' THEN excluded.started_at ELSE known.started_at END
       RETURNING number`,
      [contractId, identity, since, at],
    );
    const number = rows[0]?.number ?? 0;
    await tx.query('DELETE FROM delivery_cursor WHERE contract_id = $1', [contractId]);
    await tx.query('DELETE FROM delivered_id WHERE audit = $1', [number]);
    return { number, historyIdentity: identity, prunedUntilMs: 0 };
  },

  async move(tx, contractId, moves) {
    const begun = moves.filter(({ from }) => from === null).map(({ to }) => to);
    const moved = moves.filter(({ from }) => from !== null);
    const values = (cursors: readonly PartitionCursor[]) => [
      contractId,
      cursors.map(({ partition }) => partition),
      cursors.map(({ next }) => next.toString()),
      cursors.map(({ transaction }) => transaction?.toString() ?? null),
      cursors.map(({ logEnd }) => logEnd.toString()),
      cursors.map(({ readUntil }) => readUntil),
      cursors.map(({ events }) => events),
      cursors.map(({ sentFrom }) => sentFrom?.toString() ?? null),
      cursors.map(({ high }) => high.toString()),
      cursors.map(({ closing }) => closing.closedUntil),
      cursors.map(({ closing }) => closing.mark?.at ?? null),
      cursors.map(({ closing }) => closing.mark?.end.toString() ?? null),
    ];
    if (moved.length > 0) {
      const rows = await tx.query(
        `UPDATE delivery_cursor c SET next = n.next, transaction = n.transaction, log_end = n.log_end,
           read_until = n.read_until, events = n.events, sent_from = n.sent_from, high = n.high,
           closed_until = n.closed_until, mark_at = n.mark_at, mark_end = n.mark_end
         FROM unnest($2::int[], $3::bigint[], $4::text[], $5::bigint[], $6::timestamptz[], $7::bigint[],
           $8::bigint[], $9::bigint[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::bigint[], $14::text[])
           AS n(partition, next, transaction, log_end, read_until, events, sent_from, high, closed_until, mark_at,
             mark_end, was, was_transaction)
         WHERE c.contract_id = $1 AND c.partition = n.partition AND c.next = n.was
           AND c.transaction IS NOT DISTINCT FROM n.was_transaction
         RETURNING c.partition`,
        [
          ...values(moved.map(({ to }) => to)),
          moved.map(({ from }) => from?.next.toString()),
          moved.map(({ from }) => from?.transaction?.toString() ?? null),
        ],
      );
      if (rows.length < moved.length) return false;
    }
    if (begun.length === 0) return true;
    const rows = await tx.query(
      `INSERT INTO delivery_cursor (contract_id, partition, next, transaction, log_end, read_until, events, sent_from,
         high, closed_until, mark_at, mark_end)
       SELECT $1, n.* FROM unnest($2::int[], $3::bigint[], $4::text[], $5::bigint[], $6::timestamptz[],
         $7::bigint[], $8::bigint[], $9::bigint[], $10::timestamptz[], $11::timestamptz[], $12::text[]) AS n
       ON CONFLICT DO NOTHING RETURNING partition`,
      values(begun),
    );
    return rows.length === begun.length;
  },

  async known(tx, audit, ids) {
    if (ids.length === 0) return new Map();
    const rows = await tx.query<{
      id: string;
      content: string;
      partition: number;
      offset: string;
      atMs: string;
    }>(
      `SELECT id::text, content::text, partition, "offset"::text, at_ms::text AS "atMs"
       FROM delivered_id WHERE audit = $1 AND id = ANY($2::uuid[])`,
      [audit, ids],
    );
    return new Map(
      rows.map((row): [string, KnownId] => {
        const id = fromUuid(row.id);
        return [
          id,
          {
            id,
            content: BigInt(row.content),
            partition: row.partition,
            offset: Number(row.offset),
            atMs: Number(row.atMs),
          },
        ];
      }),
    );
  },

  async remember(tx, audit, { added, changed }) {
    if (added.length > 0)
      await tx.copyIn('COPY delivered_id (id, content, "offset", at_ms, audit, partition) FROM STDIN', [
        Buffer.from(
          added
            .map(
              (row) => `${row.id}\t${row.content}\t${row.offset}\t${row.atMs}\t${audit}\t${row.partition}\n`,
            )
            .join(''),
        ),
      ]);
    if (changed.length === 0) return;
    await tx.query(
      `UPDATE delivered_id k SET content = n.content, "offset" = n."offset", at_ms = n.at_ms, partition = n.partition
       FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::int[])
         AS n(id, content, "offset", at_ms, partition)
       WHERE k.audit = $1 AND k.id = n.id`,
      [
        audit,
        changed.map(({ id }) => id),
        changed.map(({ content }) => content.toString()),
        changed.map(({ offset }) => offset),
        changed.map(({ atMs }) => atMs),
        changed.map(({ partition }) => partition),
      ],
    );
  },

  async forget(tx, contractId, audit, beforeMs) {
    await tx.query('DELETE FROM delivered_id WHERE audit = $1 AND at_ms < $2', [audit, Math.floor(beforeMs)]);
    await tx.query('UPDATE delivery_audit SET pruned_until_ms = $2 WHERE contract_id = $1', [
      contractId,
      Math.floor(beforeMs),
    ]);
  },

  async count(tx, contractId, rows) {
    if (rows.length === 0) return;
    const names = countColumns.map(([, column]) => column);
    await tx.query(
      `INSERT INTO delivery_count AS known (contract_id, minute, ${names.join(', ')})
       SELECT $1, n.* FROM unnest($2::timestamptz[], ${names.map((_, at) => `$${at + 3}::bigint[]`).join(', ')}) AS n
       ON CONFLICT (contract_id, minute) DO UPDATE
       SET ${names.map((name) => `${name} = known.${name} + excluded.${name}`).join(', ')}`,
      [
        contractId,
        rows.map(({ minute }) => minute),
        ...countColumns.map(([name]) => rows.map(({ counts }) => counts[name] ?? 0)),
      ],
    );
  },

  async keepFindings(tx, contractId, findings, at) {
    const kept = await withinHour(tx, contractId, findings, at);
    if (kept.length === 0) return;
    await tx.query(
      `INSERT INTO delivery_finding (contract_id, found_at, kind, event_id, partition, "offset", "to",
         first_partition, first_offset, position, at, arrived_at, detail)
       SELECT $1, $2, n.* FROM unnest($3::text[], $4::text[], $5::int[], $6::bigint[], $7::bigint[], $8::int[],
         $9::bigint[], $10::bigint[], $11::timestamptz[], $12::timestamptz[], $13::text[]) AS n`,
      [
        contractId,
        at,
        kept.map((f) => f.kind),
        kept.map((f) => storable(f.eventId)),
        kept.map((f) => f.partition),
        kept.map((f) => f.offset),
        kept.map((f) => f.to),
        kept.map((f) => f.first?.partition ?? null),
        kept.map((f) => f.first?.offset ?? null),
        kept.map((f) => f.position?.toString() ?? null),
        kept.map((f) => f.at),
        kept.map((f) => f.arrivedAt),
        kept.map((f) => storable(f.detail)),
      ],
    );
  },

  async keepArrived(tx, contractId, arrived) {
    if (arrived.length === 0) return;
    await tx.query(
      `UPDATE delivery_finding f SET arrived_at = n.at FROM unnest($2::text[], $3::timestamptz[]) AS n(event_id, at)
       WHERE f.contract_id = $1 AND f.kind = 'lost' AND f.event_id = n.event_id AND f.arrived_at IS NULL`,
      [contractId, arrived.map(({ eventId }) => storable(eventId)), arrived.map(({ at }) => at)],
    );
  },

  async keepTurn(tx, contractId, { at, lookBackHours, problem, sentProblem }) {
    await tx.query(
      `INSERT INTO delivery_audit AS known (contract_id, history_identity, look_back_hours, started_at, audited_at,
         problem, problem_since, sent_problem)
       VALUES ($1, '', $3, $2, $2, $4, CASE WHEN $4::text IS NULL THEN NULL ELSE $2::timestamptz END, $5)
       ON CONFLICT (contract_id) DO UPDATE SET look_back_hours = excluded.look_back_hours,
         audited_at = CASE WHEN $4::text IS NULL THEN excluded.audited_at ELSE known.audited_at END,
         problem = excluded.problem,
         problem_since = CASE WHEN $4::text IS NULL THEN NULL ELSE coalesce(known.problem_since, $2) END,
         sent_problem = excluded.sent_problem`,
      [contractId, at, lookBackHours, problem, sentProblem],
    );
  },

  async sweep(tx, keepDays) {
    for (const [table, column] of [
      ['delivery_count', 'minute'],
      ['delivery_finding', 'found_at'],
    ])
      await tx.query(
        `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM ${table} WHERE ${column} < now() - $1 * interval '1 day'
           ORDER BY ${column} LIMIT ${SWEPT_AT_ONCE}))`,
        [keepDays],
      );
  },
};

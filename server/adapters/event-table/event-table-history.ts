/**
 * A PostgreSQL event table as a history.
 *
 * Why (transaction id, position) and not the position alone: a sequence hands out positions when a row is
 * inserted, and rows become visible when their transaction commits, in whatever order that happens. A reader that
 * has seen position 7 and goes on from there never sees position 5, committed a moment later. Nor is it enough to
 * wait for older transactions and then go on by position: a transaction that started later can hold the lower
 * position. So a row is readable only once every transaction that could still be running is younger than the
 * row's own (`transaction id < pg_snapshot_xmin(pg_current_snapshot())`, which only grows): from then on, the set
 * of rows below that bound never changes, whatever commits later. A plan freezes that bound as `visibleBefore`,
 * and reads in position order within it. See PostgreSQL's manual, "Transaction ID and Snapshot Information".
 */
import type { ClientBase } from 'pg';
import type {
  HistoryReader,
  ReadOptions,
  ReadRange,
  TransactionOrderedReader,
} from '../../application/ports/history.ts';
import type { EngineContract, PostgresHistory } from '../../domain/contract/index.ts';
import type { HistoryState, RecordBatch } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Connections } from '../connections.ts';
import { copyRows, nextLimit, type Rows, toBatch } from './copy-rows.ts';
import { isFinal, isForeign, refuseForeign, refuseForeignTable } from './finality.ts';
import { hasUniquePosition, type Layout, placeOf, ROW, readLayout } from './layout.ts';
import { checkReadiness } from './readiness.ts';
import {
  BRIEF_PAUSES_MS,
  currentBound,
  inSnapshot,
  newestBound,
  patiently,
  refuseBehind,
} from './snapshot.ts';
import { readApplied, readUnapplied } from './transaction-order.ts';

export type EventTableReader = HistoryReader & TransactionOrderedReader;

type OnBatch = (batch: RecordBatch) => Promise<void>;

/** Opens the event table that a contract names as its history. It has one partition, 0. */
export function openEventTable(contract: EngineContract, connect: Connections): EventTableReader {
  const { history } = contract;
  if (history.kind !== 'postgres') {
    throw new RepriseError('contract-invalid', `Contract ${contract.id} has no event table as its history.`, {
      where: 'history',
    });
  }
  const snapshot = <T>(work: (client: ClientBase) => Promise<T>) => inSnapshot(connect, history, work);
  const soon = <T>(work: (client: ClientBase) => Promise<T>) =>
    patiently(null, () => snapshot(work), BRIEF_PAUSES_MS);
  // The highest bound that was described: what is asked later must not be answered by a server that is behind it.
  let described = 0n;
  return {
    describe: async () => {
      const state = await snapshot((client) => describeTable(client, history));
      const bound = BigInt(state.visibleBefore ?? 0);
      if (bound > described) described = bound;
      return state;
    },
    offsetsAt: (instantMs) => soon((client) => offsetsAt(client, history, described, instantMs)),
    read: async (ranges, options, onBatch) => {
      for (const range of ranges) await readRange(connect, history, range, options, onBatch);
    },
    readApplied: (since, cursor, onBatch) => readApplied(connect, history, since, cursor, onBatch),
    readUnapplied: (before, cursor, onBatch) => readUnapplied(connect, history, before, cursor, onBatch),
    firstLate: (below, since, before) => soon((client) => firstLate(client, history, below, since, before)),
    newestBound: () =>
      soon(async (client) => {
        refuseBehind(history, await currentBound(client), described);
        return newestBound(client);
      }),
    readiness: () => checkReadiness(contract, history, connect),
    groupLag: () => Promise.resolve(null),
    sizes: () => snapshot((client) => sizeOfTable(client, history)),
    close: () => Promise.resolve(),
  };
}

/** The first or last position among rows that satisfy a condition; null where none does. */
async function edge(
  client: ClientBase,
  layout: Layout,
  direction: 'ASC' | 'DESC',
  condition: string,
): Promise<bigint | null> {
  const { table, position } = layout.sql;
  const { rows } = await client.query<{ position: string }>(
    `SELECT ${position}::text AS position FROM ${table} AS ${ROW}
      WHERE ${condition} ORDER BY ${position} ${direction} LIMIT 1`,
  );
  return rows[0] === undefined ? null : BigInt(rows[0].position);
}

async function describeTable(client: ClientBase, history: PostgresHistory): Promise<HistoryState> {
  const layout = await readLayout(client, history);
  const bound = await currentBound(client);
  const final = isFinal(layout, bound);
  const lowest = await edge(client, layout, 'ASC', final);
  const highest = await edge(client, layout, 'DESC', final);
  await refuseForeignTable(client, layout, { lowest, highest });
  const newest = await edge(client, layout, 'DESC', 'true');
  return {
    identity: layout.identity,
    kind: 'postgres',
    name: history.table,
    partitions: [
      {
        partition: 0,
        logStart: String(lowest ?? 0n),
        lastStable: String(highest === null ? 0n : highest + 1n),
        highWatermark: String(newest === null ? 0n : newest + 1n),
      },
    ],
    visibleBefore: String(bound),
    cleanupPolicy: null,
  };
}

/** The rows alone, without indexes; of a table in parts all of them. */
async function sizeOfTable(
  client: ClientBase,
  history: PostgresHistory,
): Promise<ReadonlyMap<number, bigint>> {
  const { identity } = await readLayout(client, history);
  const oid = identity.slice(identity.lastIndexOf(':') + 1);
  const { rows } = await client.query<{ bytes: string }>(
    `SELECT coalesce(sum(pg_catalog.pg_table_size(part)), 0)::text AS bytes
       FROM (SELECT $1::oid::regclass AS part
             UNION SELECT relid FROM pg_catalog.pg_partition_tree($1::oid::regclass)) AS parts`,
    [oid],
  );
  return new Map([[0, BigInt(rows[0]?.bytes ?? 0)]]);
}

async function firstLate(
  client: ClientBase,
  history: PostgresHistory,
  below: bigint,
  since: bigint,
  before: bigint,
): Promise<bigint | null> {
  refuseBehind(history, await currentBound(client), before);
  const layout = await readLayout(client, history);
  const { position, transactionId } = layout.sql;
  return edge(
    client,
    layout,
    'ASC',
    `${position} < ${below} AND ${transactionId} >= '${since}'::xid8 AND ${isFinal(layout, before)}`,
  );
}

async function offsetsAt(client: ClientBase, history: PostgresHistory, described: bigint, instantMs: number) {
  if (history.occurredAt === null) {
    throw new RepriseError(
      'scope-not-allowed',
      `A scope by time needs to know when a row was written, and the contract names no occurredAt column of ${history.table}.`,
      { where: placeOf(history) },
    );
  }
  const bound = await currentBound(client);
  refuseBehind(history, bound, described);
  const layout = await readLayout(client, history);
  const final = isFinal(layout, bound);
  const at = `(${final} OR ${isForeign(layout)}) AND ${layout.sql.timestampMs} >= ${BigInt(Math.ceil(instantMs))}`;
  const first = await edge(client, layout, 'ASC', at);
  const highest = first === null ? await edge(client, layout, 'DESC', final) : null;
  return [{ partition: 0, offset: first ?? (highest === null ? 0n : highest + 1n) }];
}

async function readRange(
  connect: Connections,
  history: PostgresHistory,
  range: ReadRange,
  options: ReadOptions,
  onBatch: OnBatch,
): Promise<void> {
  const bound = parseBound(history, range, options.visibleBefore);
  let cursor = range.from;
  let last: Rows | null = null;
  let isFirst = true;
  while (cursor < range.to) {
    options.signal.throwIfAborted();
    const limit = nextLimit(last);
    const rows: Rows = await patiently(options.signal, () =>
      inSnapshot(connect, history, async (client) => {
        refuseBehind(history, await currentBound(client), bound);
        const layout = await readLayout(client, history);
        refuseRecreated(layout, options.identity);
        if (isFirst) await refuseTwins(client, layout, range, bound);
        refuseTruncated(
          layout,
          { ...range, from: cursor },
          await edge(client, layout, 'ASC', isFinal(layout, bound)),
        );
        const { position } = layout.sql;
        const condition = `${position} >= ${cursor} AND ${position} < ${range.to} AND (${isFinal(layout, bound)} OR ${isForeign(layout)})`;
        const found = await copyRows(client, layout, condition, position, limit);
        refuseForeign(layout, found, bound);
        return found;
      }),
    );
    isFirst = false;
    last = rows;
    const end = rows.rows.at(-1);
    // Positions have holes wherever a transaction rolled back, so an absent one says nothing.
    const next = end === undefined || rows.rows.length < limit ? range.to : BigInt(end.record.offset) + 1n;
    await onBatch(toBatch(rows, Number(next)));
    cursor = next;
  }
  // The table may have been replaced while the last batch was read.
  await patiently(options.signal, () =>
    inSnapshot(connect, history, async (client) => {
      refuseBehind(history, await currentBound(client), bound);
      refuseRecreated(await readLayout(client, history), options.identity);
    }),
  );
}

function parseBound(history: PostgresHistory, range: ReadRange, visibleBefore: string | null): bigint {
  if (range.partition !== 0) {
    throw new RepriseError(
      'scope-invalid',
      `An event table has partition 0 only, and not ${range.partition}.`,
      {
        where: placeOf(history),
      },
    );
  }
  if (visibleBefore === null || !/^[0-9]{1,20}$/.test(visibleBefore)) {
    throw new RepriseError(
      'scope-invalid',
      `Reading ${history.table} needs the transaction id that its plan has frozen, and there is none.`,
      { where: placeOf(history) },
    );
  }
  return BigInt(visibleBefore);
}

function refuseRecreated(layout: Layout, identity: string): void {
  if (layout.identity === identity) return;
  throw new RepriseError(
    'history-recreated',
    `Table ${layout.history.table} is ${layout.identity} now and was ${identity} when this was planned: it has been made again. Plan a new replay.`,
    { where: placeOf(layout.history) },
  );
}

/** A position lower than the plan's first can't come back, so one that is gone has been deleted. */
function refuseTruncated(layout: Layout, range: ReadRange, lowest: bigint | null): void {
  if (lowest !== null && lowest <= range.from) return;
  const to = lowest === null || lowest > range.to ? range.to : lowest;
  throw new RepriseError(
    'history-truncated',
    `Rows of ${layout.history.table} have been deleted: positions [${range.from}, ${to}) were there when this was planned and are missing now.`,
    { where: `${placeOf(layout.history)}, partition 0, positions [${range.from}, ${to})` },
  );
}

/** Two rows with one position would fall apart at a batch's border, and one be lost: looked for unless an index excludes it. */
async function refuseTwins(
  client: ClientBase,
  layout: Layout,
  range: ReadRange,
  bound: bigint,
): Promise<void> {
  if (hasUniquePosition(layout)) return;
  const { table, position } = layout.sql;
  const { rows } = await client.query<{ position: string }>(
    `SELECT ${position}::text AS position FROM ${table} AS ${ROW}
      WHERE ${position} >= ${range.from} AND ${position} < ${range.to} AND ${isFinal(layout, bound)}
      GROUP BY ${position} HAVING pg_catalog.count(*) > 1 ORDER BY ${position} LIMIT 1`,
  );
  const twin = rows[0];
  if (twin === undefined) return;
  throw new RepriseError(
    'history-unavailable',
    `Position ${twin.position} stands in more than one row of ${layout.history.table}, so positions give no order. Make them unique: CREATE UNIQUE INDEX CONCURRENTLY ON ${layout.history.table} (${layout.history.position});`,
    { where: placeOf(layout.history), lasting: true },
  );
}

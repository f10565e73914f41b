/**
 * Reads an outbox in the order of its position column, and misses no row that commits late.
 *
 * A position is taken when a row is written, and the row is seen once its transaction has committed, so that a row may
 * become visible below one that was read before. Which rows those are the rows themselves tell: PostgreSQL keeps the
 * id of the transaction that wrote a row in its system column xmin, which whoever may SELECT may read. A row that no
 * earlier snapshot showed was written by a transaction that had not ended then, that is, by one at or above that
 * snapshot's xmin. So each look reads the rows above the cursor, and below it those of such transactions; whoever
 * counts them knows by their position which are counted. A row may also have the id of a savepoint, which no snapshot
 * lists, so that its xmin alone tells. The stretch below the cursor is looked through a page at a time. See PostgreSQL's manual, "System Columns" and "Transaction ID
 * and Snapshot Information".
 */
import type { ClientBase } from 'pg';
import type { OutboxReader, OutboxSnapshot } from '../../application/ports/deliveries.ts';
import type { SentEvents } from '../../domain/contract/index.ts';
import { passOf } from '../../domain/deliveries/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import {
  type Connections,
  errorCode,
  fixedOutput,
  messageOf,
  needsMending,
  quoteName,
  quoteTable,
  remedyFor,
  withClient,
} from '../connections.ts';

const STATEMENT_TIMEOUT_MS = 20_000;
/** SQLSTATE query_canceled: what a statement's time-out ends it with. */
const TOOK_TOO_LONG = '57014';
/** A transaction that runs while the audit begins has taken its positions at most so far below the newest. */
const BEGIN_POSITIONS = 10_000n;

export function openOutboxes(connect: Connections): OutboxReader {
  return {
    begin: (sent) =>
      inSnapshot(connect, sent, async (client) => {
        const snapshot = await lookAt(client, sent);
        const top = await edgeOf(client, sent);
        const settled = top > BEGIN_POSITIONS ? top - BEGIN_POSITIONS : 0n;
        const above = await client.query<{ position: string }>(
          `SELECT ${quoteName(sent.position)}::text AS position FROM ${quoteTable(sent.table)}
            WHERE ${quoteName(sent.position)} > $1`,
          [settled.toString()],
        );
        return { ...snapshot, top, settled, above: above.rows.map(({ position }) => BigInt(position)) };
      }),

    read: (sent, cursor, limit) =>
      inSnapshot(connect, sent, async (client) => {
        const snapshot = await lookAt(client, sent);
        const position = quoteName(sent.position);
        const columns = `${position}::text AS position, ${quoteName(sent.id)}::text AS id, ${quoteName(sent.at)} AS at`;
        const pass = passOf(cursor, { top: cursor.top, xmin: snapshot.xmin, now: snapshot.now });
        const page = await client.query<{ count: string; last: string | null }>(
          `SELECT count(*)::text AS count, max(at)::text AS last FROM (
             SELECT ${position} AS at FROM ${quoteTable(sent.table)}
              WHERE ${position} > $1 AND ${position} <= $2 ORDER BY ${position} LIMIT $3) AS page`,
          [pass.position.toString(), pass.to.toString(), limit],
        );
        const standing = Number(page.rows[0]?.count ?? 0);
        const lookedTo = standing < limit ? pass.to : BigInt(page.rows[0]?.last ?? pass.to);
        const late = await client.query<Row>(
          `SELECT ${columns} FROM ${quoteTable(sent.table)}
            WHERE ${position} > $1 AND ${position} <= $2 AND ${writtenSince('$3', '$4')} ORDER BY ${position}`,
          [pass.position.toString(), lookedTo.toString(), cursor.xmin.toString(), snapshot.xmax.toString()],
        );
        const next = await client.query<Row>(
          `SELECT ${columns} FROM ${quoteTable(sent.table)} WHERE ${position} > $1 ORDER BY ${position} LIMIT $2`,
          [cursor.top.toString(), limit],
        );
        const rows = [...late.rows, ...next.rows].map((row) => toRow(sent, row));
        const last = next.rows.at(-1);
        return {
          ...snapshot,
          rows,
          top: last === undefined ? cursor.top : BigInt(last.position),
          pass,
          lookedTo,
          standing,
          isWhole: next.rows.length < limit,
        };
      }),

    rowsOf: (sent, eventIds) =>
      inSnapshot(connect, sent, async (client) => {
        const type = await typeOf(client, sent, sent.id);
        const asked = eventIds.filter((id) => fits(type, id));
        try {
          const { rows } = await client.query<{ id: string; count: string }>(
            `SELECT ${quoteName(sent.id)}::text AS id, count(*)::text AS count FROM ${quoteTable(sent.table)}
              WHERE ${isOneOf(type, quoteName(sent.id), '$1')} GROUP BY 1`,
            [asked],
          );
          return new Map(rows.map(({ id, count }) => [id, Number(count)]));
        } catch (error) {
          if (errorCode(error) === TOOK_TOO_LONG) return null;
          throw error;
        }
      }),
  };
}

type Row = { readonly position: string; readonly id: string | null; readonly at: Date | null };

function toRow(sent: SentEvents, { position, id, at }: Row) {
  if (id === null || at === null)
    throw unfit(
      sent,
      `The row at ${sent.position} ${position} of ${sent.table} has no ${id === null ? sent.id : sent.at}`,
      'Make the column NOT NULL: a row without it can not be held against the topic.',
      null,
    );
  return { position: BigInt(position), eventId: id, at };
}

/** Transaction ids have 32 bits in a row and go round: which is older is told by the distance to the newest. */
const writtenSince = (xmin: string, xmax: string) =>
  `mod(${xmax}::bigint - xmin::text::bigint, 4294967296) <= ${xmax}::bigint - ${xmin}::bigint`;

async function lookAt(client: ClientBase, sent: SentEvents): Promise<OutboxSnapshot> {
  const { rows } = await client.query<{
    identity: string | null;
    fileNode: string;
    now: Date;
    xmin: string;
    xmax: string;
  }>(
    `SELECT n.nspname || '.' || c.relname || ':' || c.oid AS identity, c.relfilenode::text AS "fileNode",
            clock_timestamp() AS now,
            pg_catalog.pg_snapshot_xmin(s)::text AS xmin, pg_catalog.pg_snapshot_xmax(s)::text AS xmax
       FROM pg_catalog.pg_current_snapshot() AS s
       LEFT JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass($1)
       LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`,
    [quoteTable(sent.table)],
  );
  const [row] = rows;
  if (row === undefined || row.identity === null)
    throw unfit(
      sent,
      `There is no table ${sent.table}`,
      'Check its name, with its schema, in the contract.',
      null,
    );
  const type = await typeOf(client, sent, sent.at);
  if (type !== 'timestamp with time zone')
    throw unfit(
      sent,
      `Column ${sent.at} of ${sent.table} is ${type} and not timestamptz`,
      'Name the column that says when a row was written.',
      null,
    );
  const oldest = await client.query<Pick<Row, 'position' | 'at'>>(
    `SELECT ${quoteName(sent.position)}::text AS position, ${quoteName(sent.at)} AS at FROM ${quoteTable(sent.table)} ORDER BY ${quoteName(sent.position)} LIMIT 1`,
  );
  const [first] = oldest.rows;
  return {
    identity: row.identity,
    fileNode: row.fileNode,
    now: row.now,
    xmin: BigInt(row.xmin),
    xmax: BigInt(row.xmax),
    lowest:
      first === undefined || first.at === null ? null : { position: BigInt(first.position), at: first.at },
  };
}

async function edgeOf(client: ClientBase, sent: SentEvents): Promise<bigint> {
  const { rows } = await client.query<{ top: string | null }>(
    `SELECT max(${quoteName(sent.position)})::text AS top FROM ${quoteTable(sent.table)}`,
  );
  return BigInt(rows[0]?.top ?? 0);
}

async function typeOf(client: ClientBase, sent: SentEvents, column: string): Promise<string> {
  const { rows } = await client.query<{ type: string }>(
    `SELECT pg_catalog.format_type(atttypid, NULL) AS type FROM pg_catalog.pg_attribute
      WHERE attrelid = pg_catalog.to_regclass($1) AND attname = $2 AND NOT attisdropped`,
    [quoteTable(sent.table), column],
  );
  const [row] = rows;
  if (row === undefined)
    throw unfit(sent, `Table ${sent.table} has no column ${column}`, 'Check the name in the contract.', null);
  return row.type;
}

/** Whether a text can be one of the column's values: what can't was never in it. */
function fits(type: string, text: string): boolean {
  if (type === 'uuid') return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
  if (isWhole(type)) return /^-?[0-9]{1,18}$/.test(text);
  return !text.includes('\u0000');
}

const isWhole = (type: string) => /^(bigint|integer|smallint)$/.test(type);

/** As a value of the column's type, so that its index serves; as text where the type might refuse one of the texts. */
function isOneOf(type: string, column: string, texts: string): string {
  if (isWhole(type)) return `${column} = ANY(${texts}::bigint[])`;
  const takesAll = /^(uuid|text|citext|character varying)$/.test(type);
  return takesAll ? `${column} = ANY(${texts}::${type}[])` : `${column}::text = ANY(${texts}::text[])`;
}

async function inSnapshot<T>(
  connect: Connections,
  sent: SentEvents,
  work: (client: ClientBase) => Promise<T>,
): Promise<T> {
  try {
    return await withClient(connect(sent.connection), async (client) => {
      await client.query(
        `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${fixedOutput}; SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`,
      );
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    });
  } catch (error) {
    if (error instanceof RepriseError) throw error;
    throw unfit(
      sent,
      `The outbox ${sent.table} on connection ${sent.connection} could not be read: ${messageOf(error)}`,
      remedyFor(error) ?? '',
      error,
    );
  }
}

function unfit(sent: SentEvents, problem: string, remedy: string, cause: unknown): RepriseError {
  return new RepriseError('history-unavailable', `${problem}. ${remedy}`.trim(), {
    where: `${sent.connection}: ${sent.table}`,
    ...(cause === null ? { lasting: true } : { cause, lasting: needsMending(cause) }),
  });
}

import type { ClientBase } from 'pg';
import type { PostgresHistory } from '../../domain/contract/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { quoteName, quoteTable } from '../connections.ts';

type Column = {
  readonly name: string;
  /** As format_type prints it: `bigint`, `xid8`, `timestamp with time zone`. */
  readonly type: string;
  /** And held against every row: PostgreSQL 18 knows a NOT NULL that is NOT VALID. */
  readonly notNull: boolean;
  /** The default's expression; null where there is none. */
  readonly fallback: string | null;
};

type Index = {
  readonly unique: boolean;
  /** Covers some rows only. */
  readonly partial: boolean;
  /** Key columns in order; null stands for an expression. */
  readonly columns: readonly (string | null)[];
};

/** An event table as its catalog describes it, with the contract's columns as SQL. */
export type Layout = {
  readonly history: PostgresHistory;
  /** `schema.table:oid`: a table that is dropped and made again under its name has another oid. */
  readonly identity: string;
  readonly columns: readonly Column[];
  readonly indexes: readonly Index[];
  readonly sql: {
    readonly table: string;
    readonly position: string;
    readonly transactionId: string;
    readonly key: string;
    /** Milliseconds since the epoch as int8, −1 where a row has no time (as Kafka's NO_TIMESTAMP). */
    readonly timestampMs: string;
    /** The row as one JSON object, columns of type json and jsonb nested. */
    readonly row: string;
  };
};

/** The table's name in every statement, so that a column called like the table can't be mistaken for the row. */
export const ROW = 'reprise_row';

export const placeOf = (history: PostgresHistory): string => `${history.connection}: ${history.table}`;

const COLUMNS = `
  SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, NULL) AS type, a.attnotnull AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_constraint n
            WHERE n.conrelid = a.attrelid AND n.contype = 'n' AND n.conkey = ARRAY[a.attnum] AND NOT n.convalidated
         ) AS "notNull",
         pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS fallback
    FROM pg_catalog.pg_attribute a
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
   ORDER BY a.attnum`;

const INDEXES = `
  SELECT i.indisunique AS "unique", i.indpred IS NOT NULL AS partial,
         ARRAY(SELECT a.attname::text
                 FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
                 LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                WHERE k.place <= i.indnkeyatts
                ORDER BY k.place) AS columns
    FROM pg_catalog.pg_index i
   WHERE i.indrelid = $1::oid AND i.indisvalid`;

const TABLE = `
  SELECT c.oid::text AS oid, n.nspname || '.' || c.relname AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.oid = pg_catalog.to_regclass($1)`;

/**
 * Reads the catalog and refuses (history-unavailable) a table that can't serve as a history: one that is not
 * there, lacks a column that the contract names, has positions that are no integers, or rows without transaction id.
 */
export async function readLayout(client: ClientBase, history: PostgresHistory): Promise<Layout> {
  const table = await client.query<{ oid: string; name: string }>(TABLE, [quoteTable(history.table)]);
  const found = table.rows[0];
  if (found === undefined) {
    throw unfit(
      history,
      `There is no table ${history.table}`,
      'Check its name, with its schema, in the contract.',
    );
  }
  const columns = (await client.query<Column>(COLUMNS, [found.oid])).rows;
  const indexes = (await client.query<Index>(INDEXES, [found.oid])).rows;
  refuseUnfit(history, columns);
  const column = (name: string) => `${ROW}.${quoteName(name)}`;
  return {
    history,
    identity: `${found.name}:${found.oid}`,
    columns,
    indexes,
    sql: {
      table: quoteTable(history.table),
      position: column(history.position),
      transactionId: column(history.transactionId),
      key: column(history.key),
      timestampMs: timestampSql(history, columns, column),
      row: `pg_catalog.row_to_json(${ROW}.*)::text`,
    },
  };
}

/** Whether no two rows can have the same position. */
export function hasUniquePosition(layout: Layout): boolean {
  return layout.indexes.some(
    (i) => i.unique && !i.partial && i.columns.length === 1 && i.columns[0] === layout.history.position,
  );
}

function refuseUnfit(history: PostgresHistory, columns: readonly Column[]): void {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const transactionId = byName.get(history.transactionId);
  if (transactionId?.type !== 'xid8') {
    const add = `ALTER TABLE ${history.table} ADD COLUMN ${history.transactionId} xid8 NOT NULL DEFAULT pg_current_xact_id()`;
    const problem = transactionId
      ? `Column ${history.transactionId} of ${history.table} is ${transactionId.type} and not xid8`
      : `Table ${history.table} has no column ${history.transactionId} with the id of the transaction that wrote a row`;
    throw unfit(
      history,
      `${problem}, so a row that commits late can't be told from one that was read`,
      `Add it: ${add};`,
    );
  }
  if (!transactionId.notNull) {
    throw unfit(
      history,
      `Column ${history.transactionId} of ${history.table} may be NULL, and a row without transaction id is never final, so that no replay would read it`,
      `Fill it in where it is missing, then: ALTER TABLE ${history.table} ALTER COLUMN ${history.transactionId} SET NOT NULL; (of a view, name the table).`,
    );
  }
  for (const name of [history.position, history.key, ...(history.occurredAt ? [history.occurredAt] : [])]) {
    if (!byName.has(name)) {
      throw unfit(history, `Table ${history.table} has no column ${name}`, 'Check the name in the contract.');
    }
  }
  const position = byName.get(history.position);
  if (!/^(bigint|integer|smallint)$/.test(position?.type ?? '')) {
    throw unfit(
      history,
      `Column ${history.position} of ${history.table} is ${position?.type} and not bigint`,
      'A position is a whole number: name a bigint column, such as GENERATED ALWAYS AS IDENTITY.',
    );
  }
}

function timestampSql(
  history: PostgresHistory,
  columns: readonly Column[],
  column: (name: string) => string,
): string {
  if (history.occurredAt === null) return '(-1)::int8';
  const type = columns.find((c) => c.name === history.occurredAt)?.type ?? '';
  const sql = column(history.occurredAt);
  if (type === 'bigint') return `COALESCE(${sql}, -1)`;
  if (!/^(timestamp with(out)? time zone|date)$/.test(type)) {
    throw unfit(
      history,
      `Column ${history.occurredAt} of ${history.table} is ${type} and not a time`,
      'Name a timestamptz column, or a bigint one of milliseconds since the epoch.',
    );
  }
  const epoch = `pg_catalog.floor(EXTRACT(epoch FROM ${sql}) * 1000)::int8`;
  return `CASE WHEN pg_catalog.isfinite(${sql}) THEN ${epoch} ELSE (-1)::int8 END`;
}

function unfit(history: PostgresHistory, problem: string, remedy: string): RepriseError {
  return new RepriseError('history-unavailable', `${problem} (connection ${history.connection}). ${remedy}`, {
    where: placeOf(history),
    lasting: true,
  });
}

import type { ClientBase } from 'pg';
import type { PostgresState } from '../../domain/contract/index.ts';
import { quoteTable } from '../connections.ts';
import { unavailable } from './errors.ts';
import { columnsNeeded } from './statements.ts';

export type Column = { readonly name: string; readonly type: string; readonly notNull: boolean };

// Without -1 the type of a char(5) is `character`, and that as a cast is one character long.
const COLUMNS = `
  SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, -1) AS type, a.attnotnull AS "notNull"
    FROM pg_catalog.pg_attribute a
   WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped`;

/** The key column of a derived state, once every table and column that the contract names has been found. */
export async function readShape(client: ClientBase, state: PostgresState<unknown>): Promise<Column> {
  let key: Column | undefined;
  for (const [table, names] of columnsNeeded(state)) {
    const columns = await readColumns(client, state, table);
    for (const column of names) {
      if (!columns.has(column)) {
        const known = [...columns.keys()].join(', ');
        throw unavailable(
          state,
          `there is no column ${column}.`,
          `Its columns are ${known}: correct the contract.`,
          {
            table,
            column,
          },
        );
      }
    }
    if (table === state.table) key = columns.get(state.key);
  }
  if (key === undefined) throw unavailable(state, `there is no column ${state.key}.`, null);
  return key;
}

export async function readColumns(
  client: ClientBase,
  state: PostgresState<unknown>,
  table: string,
): Promise<Map<string, Column>> {
  const found = await client.query<{ oid: string | null }>(
    'SELECT pg_catalog.to_regclass($1)::oid::text AS oid',
    [quoteTable(table)],
  );
  const oid = found.rows[0]?.oid ?? null;
  if (oid === null) {
    const remedy = 'Check its name, with its schema, in the contract.';
    throw unavailable(state, 'there is no such table.', remedy, { table });
  }
  const { rows } = await client.query<Column>(COLUMNS, [oid]);
  return new Map(rows.map((row) => [row.name, row]));
}

const UNIQUE = `
  SELECT EXISTS (
    SELECT FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
     WHERE i.indrelid = pg_catalog.to_regclass($1) AND i.indisunique AND i.indisvalid
       AND i.indpred IS NULL AND i.indnkeyatts = 1 AND a.attname = $2) AS unique`;

/** Whether an index keeps two rows from having one key. */
export async function isKeyUnique(client: ClientBase, state: PostgresState<unknown>): Promise<boolean> {
  const { rows } = await client.query<{ unique: boolean }>(UNIQUE, [quoteTable(state.table), state.key]);
  return rows[0]?.unique ?? false;
}

import type { ClientBase } from 'pg';
import type { PostgresState } from '../../../domain/contract/index.ts';
import type { Write } from '../../../domain/promotion/index.ts';
import { quoteTable } from '../../connections.ts';
import { unfit } from './target-errors.ts';
import { promotionTable } from './target-statements.ts';

// What is written is written column by column, and a lock takes the right to change any one of them.
const HAS = `
  SELECT pg_catalog.has_table_privilege(current_user, t.oid, 'SELECT') AS read,
         pg_catalog.has_table_privilege(current_user, t.oid, 'UPDATE')
           OR pg_catalog.has_any_column_privilege(current_user, t.oid, 'UPDATE') AS lock,
         pg_catalog.has_table_privilege(current_user, t.oid, 'DELETE') AS remove,
         ARRAY(SELECT given FROM pg_catalog.unnest($2::text[]) AS given
           WHERE NOT pg_catalog.has_column_privilege(current_user, t.oid, given, 'UPDATE')) AS change,
         ARRAY(SELECT given FROM pg_catalog.unnest($3::text[]) AS given
           WHERE NOT pg_catalog.has_column_privilege(current_user, t.oid, given, 'INSERT')) AS add,
         t.oid IS NOT NULL AS there, current_user::text AS role
    FROM (SELECT pg_catalog.to_regclass($1)::oid AS oid) AS t`;

type Rights = {
  read: boolean | null;
  lock: boolean | null;
  remove: boolean | null;
  /** Columns that may not be: changed, or given in a new row. */
  change: string[];
  add: string[];
  there: boolean;
  role: string;
};

type Needed = {
  readonly table: string;
  readonly change?: readonly string[];
  readonly add?: readonly string[];
  readonly remove?: boolean;
};

/** Throws promotion-target-unfit for the first table that is missing, or that the role may not use as it has to. */
export async function checkRights(
  client: ClientBase,
  state: PostgresState<unknown>,
  ways: ReadonlySet<Write['kind']>,
): Promise<void> {
  if (state.position === null)
    throw unfit(state, 'it says no applied position.', 'Give it one: docs/promotion.md.');
  await need(client, state, {
    table: promotionTable(state),
    change: ['token', 'applied_at', 'outcome'],
    add: ['promotion_id', 'token'],
  });
  await need(client, state, { table: state.position.table });
  const columns = [...new Set(Object.values(state.fields).map(({ column }) => column))];
  const written = [...new Set([state.key, ...columns])];
  await need(client, state, {
    table: state.table,
    change: ways.has('update') ? columns : [],
    add: ways.has('insert') ? written : [],
    remove: ways.has('delete'),
  });
  if (ways.has('insert')) await refuseUnfilled(client, state, written);
  if (ways.has('delete')) await refuseCascades(client, state);
}

async function need(
  client: ClientBase,
  state: PostgresState<unknown>,
  { table, change = [], add = [], remove = false }: Needed,
): Promise<void> {
  const { rows } = await client.query<Rights>(HAS, [quoteTable(table), change, add]);
  const [rights] = rows;
  if (rights === undefined || !rights.there)
    throw unfit(state, `there is no table ${table}.`, 'docs/promotion.md has the migration.');
  const lacking = (right: string, columns: readonly string[], of: readonly string[]) =>
    columns.length === 0 ? [] : [columns.length === of.length ? right : `${right} (${columns.join(', ')})`];
  const missing = [
    ...(rights.read === true ? [] : ['SELECT']),
    ...(rights.lock === true ? lacking('UPDATE', rights.change, change) : ['UPDATE']),
    ...lacking('INSERT', rights.add, add),
    ...(remove && rights.remove !== true ? ['DELETE'] : []),
  ];
  if (missing.length > 0)
    throw unfit(
      state,
      `the role ${rights.role} lacks ${missing.join(' and ')} on ${table}.`,
      'docs/promotion.md lists what to grant.',
    );
}

/** A trigger before the insertion may fill whatever has to have a value, and only inserting tells. */
const UNFILLED = `
  SELECT a.attname AS name
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
   WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
     AND (a.attnotnull OR t.typnotnull) AND NOT a.atthasdef AND t.typdefault IS NULL
     AND a.attidentity = '' AND a.attgenerated = '' AND a.attname <> ALL ($2::text[])
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g
       WHERE g.tgrelid = a.attrelid AND g.tgtype & 7 = 7 AND g.tgenabled IN ('O', 'A'))
   ORDER BY a.attnum`;

async function refuseUnfilled(
  client: ClientBase,
  state: PostgresState<unknown>,
  written: readonly string[],
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(UNFILLED, [quoteTable(state.table), written]);
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name).join(', ');
  throw unfit(
    state,
    `a new row of it has no value for what the contract does not map, and ${rows.length === 1 ? 'column' : 'columns'} ${names} may not be empty and ${rows.length === 1 ? 'has' : 'have'} no default.`,
    'Map it in the contract, give it a default, or promote only keys whose rows are there.',
  );
}

/** With the tables that a statement over this one reaches too: its partitions, and what inherits from it. */
const FOLLOWING = `
  WITH RECURSIVE reached (oid) AS (
    SELECT pg_catalog.to_regclass($1)::oid
    UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN reached ON i.inhparent = reached.oid)
  SELECT c.conrelid::pg_catalog.regclass::text AS table, c.conname AS name, c.confdeltype AS action
    FROM pg_catalog.pg_constraint c JOIN reached ON c.confrelid = reached.oid
   WHERE c.contype = 'f' AND c.confdeltype IN ('c', 'n', 'd')
   ORDER BY c.conparentid <> 0, 1, 2 LIMIT 1`;

type Following = { table: string; name: string; action: 'c' | 'n' | 'd' };
const does = { c: 'deletes rows', n: 'empties columns', d: 'sets columns to their defaults' } as const;

/** Throws promotion-target-unfit where a deleted row would change others that are in nobody's approval. */
export async function refuseCascades(client: ClientBase, state: PostgresState<unknown>): Promise<void> {
  const { rows } = await client.query<Following>(FOLLOWING, [quoteTable(state.table)]);
  const [follows] = rows;
  if (follows !== undefined)
    throw unfit(
      state,
      `to delete its rows would also change table ${follows.table}, where its foreign key ${follows.name} ${does[follows.action]}, which nobody would see or approve.`,
      'Promote only keys whose rows stay, or have the key refuse instead (ON DELETE NO ACTION).',
    );
}

import type { ClientBase } from 'pg';
import type { PostgresState } from '../../../domain/contract/index.ts';
import type { Write } from '../../../domain/promotion/index.ts';
import { quoteTable } from '../../connections.ts';
import { unfit } from './target-errors.ts';
import { promotionTable } from './target-statements.ts';

const HAS = `
  SELECT pg_catalog.has_table_privilege(current_user, pg_catalog.to_regclass($1), 'SELECT') AS read,
         pg_catalog.has_table_privilege(current_user, pg_catalog.to_regclass($1), 'UPDATE')
           OR pg_catalog.has_any_column_privilege(current_user, pg_catalog.to_regclass($1), 'UPDATE') AS change,
         pg_catalog.has_table_privilege(current_user, pg_catalog.to_regclass($1), 'INSERT')
           OR pg_catalog.has_any_column_privilege(current_user, pg_catalog.to_regclass($1), 'INSERT') AS add,
         pg_catalog.has_table_privilege(current_user, pg_catalog.to_regclass($1), 'DELETE') AS remove,
         pg_catalog.to_regclass($1) IS NOT NULL AS there, current_user::text AS role`;

type Rights = {
  read: boolean | null;
  change: boolean | null;
  add: boolean | null;
  remove: boolean | null;
  there: boolean;
  role: string;
};

/** Throws promotion-target-unfit for the first table that is missing, or that the role may not use as it has to. */
export async function checkRights(
  client: ClientBase,
  state: PostgresState<unknown>,
  ways: ReadonlySet<Write['kind']>,
): Promise<void> {
  if (state.position === null)
    throw unfit(state, 'it says no applied position.', 'Give it one: docs/promotion.md.');
  await need(client, state, promotionTable(state), ['read', 'change', 'add']);
  // To lock a row is to be let change it.
  await need(client, state, state.position.table, ['read', 'change']);
  await need(client, state, state.table, [
    'read',
    'change',
    ...(ways.has('insert') ? (['add'] as const) : []),
    ...(ways.has('delete') ? (['remove'] as const) : []),
  ]);
  if (ways.has('delete')) await refuseCascades(client, state);
}

async function need(
  client: ClientBase,
  state: PostgresState<unknown>,
  table: string,
  wanted: readonly ('read' | 'change' | 'add' | 'remove')[],
): Promise<void> {
  const { rows } = await client.query<Rights>(HAS, [quoteTable(table)]);
  const [rights] = rows;
  if (rights === undefined || !rights.there)
    throw unfit(state, `there is no table ${table}.`, 'docs/promotion.md has the migration.');
  const words = { read: 'SELECT', change: 'UPDATE', add: 'INSERT', remove: 'DELETE' } as const;
  const missing = wanted.filter((right) => rights[right] !== true).map((right) => words[right]);
  if (missing.length > 0)
    throw unfit(
      state,
      `the role ${rights.role} lacks ${missing.join(' and ')} on ${table}.`,
      'docs/promotion.md lists what to grant.',
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

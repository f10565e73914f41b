/**
 * What only the server knows about a parsed SELECT: which functions its names reach, what its views do, and what
 * the role may do. Everything is read from the catalog, before the statement runs and in its transaction.
 */
import type { ClientBase } from 'pg';
import { readRights } from '../connections.ts';
import { type ParsedSelect, parseSelect, refused } from './parse-select.ts';

/** Throws RepriseError invariant-refused where the statement could do more than read what it names. */
export async function checkSurroundings(client: ClientBase, select: ParsedSelect): Promise<void> {
  await refuseHiddenCatalog(client);
  const tables = await resolveTables(client, select, 0);
  const rights = await readRights(client, []);
  if (rights.superuser) {
    throw refused(
      `role ${rights.role} is a superuser. Give this connection a role that can only read: CREATE ROLE … LOGIN; GRANT SELECT ON … TO …;`,
    );
  }
  const { rows } = await client.query<{ name: string }>(WRITABLE, [tables]);
  if (rows.length > 0) {
    const names = rows.map((row) => row.name).join(', ');
    throw refused(
      `role ${rights.role} can write to ${names}. Revoke that, or connect as a role that can only read.`,
    );
  }
}

const WRITABLE = `
  SELECT DISTINCT t.oid::regclass::text AS name
    FROM pg_catalog.unnest($1::oid[]) AS t (oid), pg_catalog.unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS r
   WHERE CASE WHEN r IN ('INSERT', 'UPDATE')
              THEN pg_catalog.has_any_column_privilege(t.oid, r) OR pg_catalog.has_any_column_privilege(session_user, t.oid, r)
              ELSE pg_catalog.has_table_privilege(t.oid, r) OR pg_catalog.has_table_privilege(session_user, t.oid, r) END
   ORDER BY 1`;

/** A search_path that puts another schema before pg_catalog gives every allowed name another meaning. */
async function refuseHiddenCatalog(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ first: string | null }>(
    `SELECT s AS first FROM pg_catalog.unnest(pg_catalog.current_schemas(true)) AS s WHERE s NOT LIKE 'pg\\_temp\\_%' LIMIT 1`,
  );
  const first = rows[0]?.first;
  if (first !== 'pg_catalog') throw refused(`the connection's search_path puts ${first} before pg_catalog.`);
}

const MAX_VIEWS_DEEP = 8;

type Relation = {
  readonly oid: string;
  readonly name: string;
  readonly kind: string;
  readonly definition: string | null;
};

/** Checks every name of a statement, and of the views that it reads, and answers the tables it reaches. */
async function resolveTables(client: ClientBase, select: ParsedSelect, depth: number): Promise<string[]> {
  await refuseOtherFunctions(client, select);
  await refuseOtherOperators(client, select);
  await refuseOtherTypes(client, select);
  const { rows } = await client.query<Relation>(RELATIONS, [[...select.tables]]);
  const oids: string[] = [];
  for (const relation of rows) {
    oids.push(relation.oid);
    if (relation.kind === 'v') {
      if (depth >= MAX_VIEWS_DEEP)
        throw refused(`view ${relation.name} stands on more than ${MAX_VIEWS_DEEP} views.`);
      oids.push(...(await resolveView(client, relation, depth)));
    } else if (!['r', 'p', 'm'].includes(relation.kind)) {
      throw refused(`${relation.name} is no table, view or materialized view of this database.`);
    }
  }
  return oids;
}

const RELATIONS = `
  SELECT c.oid::text AS oid, c.oid::regclass::text AS name, c.relkind AS kind,
         CASE c.relkind WHEN 'v' THEN pg_catalog.pg_get_viewdef(c.oid) END AS definition
    FROM pg_catalog.unnest($1::text[]) AS t (name)
    JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(t.name)`;

/** A view's functions run as the role that reads it, so what it is made of is held to the same lists. */
async function resolveView(client: ClientBase, view: Relation, depth: number): Promise<string[]> {
  try {
    return await resolveTables(client, await parseSelect(view.definition ?? ''), depth + 1);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw refused(`it reads view ${view.name}, of which: ${error.message} Name its tables instead.`);
  }
}

/** Objects that an extension made are PostgreSQL's kind of code; others anybody with CREATE can have written. */
const isExtensions = (catalog: string, oid: string) => `
  EXISTS (SELECT FROM pg_catalog.pg_depend d
           WHERE d.classid = 'pg_catalog.${catalog}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

const FUNCTIONS = `
  SELECT DISTINCT n.nspname || '.' || p.proname AS name, p.proname = ANY ($1) AS called
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace,
         LATERAL (SELECT n.nspname <> 'pg_catalog' AND NOT ${isExtensions('pg_proc', 'p.oid')} AS foreign_code) AS x
   WHERE n.nspname = ANY (pg_catalog.current_schemas(true))
     AND (p.proname = ANY ($1) AND (x.foreign_code OR n.nspname <> 'pg_catalog' AND p.provolatile = 'v')
       OR p.proname = ANY ($2) AND (x.foreign_code OR p.provolatile = 'v')
          AND p.pronargs >= 1 AND p.pronargs - p.pronargdefaults <= 1)
   ORDER BY 1`;

async function refuseOtherFunctions(client: ClientBase, select: ParsedSelect): Promise<void> {
  const { rows } = await client.query<{ name: string; called: boolean }>(FUNCTIONS, [
    [...select.functions],
    [...select.qualified],
  ]);
  const other = rows[0];
  if (other === undefined) return;
  if (other.called)
    throw refused(`function ${other.name} could run in place of PostgreSQL's own of that name.`);
  const column = other.name.slice(other.name.indexOf('.') + 1);
  throw refused(
    `a column written as table.${column} could call function ${other.name}. Write it without the table, or rename it in a subquery.`,
  );
}

const OPERATORS = `
  SELECT n.nspname || '.' || o.oprname AS name
    FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
   WHERE o.oprname = ANY ($1) AND n.nspname = ANY (pg_catalog.current_schemas(true))
     AND n.nspname <> 'pg_catalog' AND NOT ${isExtensions('pg_operator', 'o.oid')}
   ORDER BY 1 LIMIT 1`;

async function refuseOtherOperators(client: ClientBase, select: ParsedSelect): Promise<void> {
  const { rows } = await client.query<{ name: string }>(OPERATORS, [[...select.operators]]);
  if (rows[0]) throw refused(`operator ${rows[0].name} could run in place of PostgreSQL's own of that name.`);
}

/** Casts to base types and enums only: a domain's check can call any function. */
const TYPES = `
  SELECT t.name
    FROM pg_catalog.unnest($1::text[]) AS t (name)
    LEFT JOIN pg_catalog.pg_type y ON y.oid = pg_catalog.to_regtype(t.name)
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
   WHERE y.oid IS NULL
      OR NOT (y.typtype = 'e' OR y.typtype IN ('b', 'r', 'm')
              AND (n.nspname = 'pg_catalog' OR ${isExtensions('pg_type', 'y.oid')}))
   ORDER BY 1 LIMIT 1`;

async function refuseOtherTypes(client: ClientBase, select: ParsedSelect): Promise<void> {
  const { rows } = await client.query<{ name: string }>(TYPES, [[...select.types]]);
  if (rows[0]) throw refused(`type ${rows[0].name} is neither PostgreSQL's own nor an enum.`);
}

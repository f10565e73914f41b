import type pg from 'pg';
import { RepriseError } from '../../domain/shared/errors.ts';
import { declaredPrivileges, functionGrants, type Privilege } from './grants.ts';

/** PostgreSQL schema of the job queue's own tables, which the role that runs makes and keeps. */
const QUEUE_SCHEMA = 'pgboss';

/** Temporary tables stand before all others unless the path says otherwise, and anybody may make one. */
const PATH = 'SET search_path = public, pg_temp';

/**
 * Has the functions of Reprise find its own tables and nothing of the same name, whoever calls them: rules that are
 * asked for through a trigger run with the path of who changes a row. Replacing a function takes this off it again.
 */
export async function pinFunctions(owner: pg.ClientBase): Promise<void> {
  const { rows } = await owner.query<{ signature: string }>(
    `SELECT oid::regprocedure::text AS signature FROM pg_proc
     WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'reprise\\_%' AND proconfig IS NULL ORDER BY 1`,
  );
  await inOneTrip(
    owner,
    rows.map(({ signature }) => `ALTER FUNCTION ${signature} ${PATH}`),
  );
}

/** The job queue's schema, for whoever migrates: making one needs a right on the database that nothing else needs. */
export async function ensureQueueSchema(owner: pg.ClientBase): Promise<void> {
  const { rowCount } = await owner.query('SELECT FROM pg_namespace WHERE nspname = $1', [QUEUE_SCHEMA]);
  if (rowCount === 0) await owner.query(`CREATE SCHEMA IF NOT EXISTS ${QUEUE_SCHEMA}`);
}

/**
 * Gives the role that runs what is declared, and takes from it what is not. Answers how many privileges changed: none
 * where all was so already. To be called by the owner, in a transaction.
 */
export async function applyGrants(owner: pg.ClientBase, role: string): Promise<number> {
  const name = owner.escapeIdentifier(role);
  await openSchema(owner, role);
  await grantTemporary(owner, role);
  await giveQueue(owner, role);
  const wanted = declaredPrivileges();
  const excess = without(await heldPrivileges(owner, role), wanted);
  await inOneTrip(
    owner,
    excess.map((each) => `REVOKE ${sqlOf(owner, each)} FROM ${name}`),
  );
  // Read again: what is taken from a table is taken from its columns too.
  const missing = without(wanted, await heldPrivileges(owner, role));
  await inOneTrip(
    owner,
    missing.map((each) => `GRANT ${sqlOf(owner, each)} TO ${name}`),
  );
  return excess.length + missing.length + (await grantFunctions(owner, role));
}

/** Hundreds of statements on a new database; a server may be some milliseconds away. */
async function inOneTrip(owner: pg.ClientBase, statements: readonly string[]): Promise<void> {
  if (statements.length > 0) await owner.query(statements.join(';\n'));
}

function without(all: readonly Privilege[], some: readonly Privilege[]): readonly Privilege[] {
  const texts = new Set(some.map(textOf));
  return all.filter((each) => !texts.has(textOf(each)));
}

const textOf = ({ kind, name, privilege, column }: Privilege) => [kind, name, privilege, column].join(' ');

function sqlOf(client: pg.ClientBase, { kind, name, privilege, column }: Privilege): string {
  const of = column === null ? '' : ` (${client.escapeIdentifier(column)})`;
  return `${privilege}${of} ON ${kind} public.${client.escapeIdentifier(name)}`;
}

/** What a role was given on the tables, columns and sequences of Reprise's schema. */
async function heldPrivileges(client: pg.ClientBase, role: string): Promise<readonly Privilege[]> {
  const { rows } = await client.query<Privilege>(
    `SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, c.relname::text AS name,
       a.privilege_type AS privilege, NULL::text AS "column"
     FROM pg_class c, aclexplode(c.relacl) a
     WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($2) AND a.grantee = $1::regrole
     UNION ALL
     SELECT 'TABLE', c.relname::text, a.privilege_type, t.attname::text
     FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
     WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($2) AND a.grantee = $1::regrole`,
    [client.escapeIdentifier(role), [...new Set(declaredPrivileges().map(({ name }) => name))]],
  );
  return rows;
}

async function grantFunctions(owner: pg.ClientBase, role: string): Promise<number> {
  const { rows } = await owner.query<{ signature: string }>(
    `SELECT signature FROM unnest($2::text[]) AS f(signature)
     WHERE NOT has_function_privilege($1, 'public.' || signature, 'EXECUTE')`,
    [role, functionGrants],
  );
  const name = owner.escapeIdentifier(role);
  await inOneTrip(
    owner,
    rows.map(({ signature }) => `GRANT EXECUTE ON FUNCTION public.${signature} TO ${name}`),
  );
  return rows.length;
}

/** The tables' schema can be looked into, and nobody but the owner makes anything in it. */
async function openSchema(owner: pg.ClientBase, role: string): Promise<void> {
  const { rows } = await owner.query<{ looks: boolean; makes: boolean }>(
    `SELECT has_schema_privilege($1, 'public', 'USAGE') AS looks, has_schema_privilege($1, 'public', 'CREATE') AS makes`,
    [role],
  );
  const name = owner.escapeIdentifier(role);
  if (rows[0]?.looks !== true) await owner.query(`GRANT USAGE ON SCHEMA public TO ${name}`);
  if (rows[0]?.makes === true) await owner.query(`REVOKE CREATE ON SCHEMA public FROM PUBLIC, ${name}`);
}

/** Rows of a checkpoint are brought in through a temporary table. */
async function grantTemporary(owner: pg.ClientBase, role: string): Promise<void> {
  const { rows } = await owner.query<{ may: boolean; database: string }>(
    `SELECT has_database_privilege($1, current_database(), 'TEMPORARY') AS may, current_database() AS database`,
    [role],
  );
  const [found] = rows;
  if (found === undefined || found.may) return;
  await owner.query(
    `GRANT TEMPORARY ON DATABASE ${owner.escapeIdentifier(found.database)} TO ${owner.escapeIdentifier(role)}`,
  );
}

/** The queue's tables are made and migrated by the role that runs; those of an earlier Reprise are handed over. */
async function giveQueue(owner: pg.ClientBase, role: string): Promise<void> {
  const name = owner.escapeIdentifier(role);
  const { rows } = await owner.query<{ may: boolean }>(
    `SELECT has_schema_privilege($1, $2, 'CREATE') AND has_schema_privilege($1, $2, 'USAGE') AS may`,
    [role, QUEUE_SCHEMA],
  );
  if (rows[0]?.may !== true) await owner.query(`GRANT USAGE, CREATE ON SCHEMA ${QUEUE_SCHEMA} TO ${name}`);
  const { rows: foreign } = await owner.query<{ what: string; mine: boolean }>(
    `SELECT kind || ' ' || name AS what, pg_has_role(current_user, owned_by, 'USAGE') AS mine FROM (
       SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, c.oid::regclass::text, c.relowner
       FROM pg_class c WHERE c.relnamespace = $2::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
         AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
           AND c.relkind = 'S' AND d.deptype IN ('a', 'i'))
       UNION ALL
       SELECT 'TYPE', t.oid::regtype::text, t.typowner FROM pg_type t
       WHERE t.typnamespace = $2::regnamespace AND t.typtype IN ('e', 'd')
       UNION ALL
       SELECT 'FUNCTION', p.oid::regprocedure::text, p.proowner FROM pg_proc p WHERE p.pronamespace = $2::regnamespace
     ) AS held(kind, name, owned_by) WHERE owned_by <> $1::regrole`,
    [name, QUEUE_SCHEMA],
  );
  if (foreign.length === 0) return;
  const { rows: whether } = await owner.query<{ member: boolean; me: string }>(
    `SELECT pg_has_role(current_user, $1, 'MEMBER') AS member, current_user::text AS me`,
    [role],
  );
  const me = whether[0]?.me ?? '';
  if (whether[0]?.member !== true || foreign.some(({ mine }) => !mine))
    throw new RepriseError(
      'setting-invalid',
      `The job queue's tables (schema ${QUEUE_SCHEMA}) are of an earlier Reprise, and ${me} can't hand them to ${role}. An administrator of the server has to run once: ${
        foreign.some(({ mine }) => !mine)
          ? 'what docs/settings.md says under "From one role to two"'
          : `GRANT ${name} TO ${owner.escapeIdentifier(me)};`
      }`,
      { where: 'REPRISE_OWNER_DATABASE_URL' },
    );
  for (const { what } of foreign) await owner.query(`ALTER ${what} OWNER TO ${name}`);
}

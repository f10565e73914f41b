/**
 * What every room that reads a user's PostgreSQL needs: connections by the name that a contract gives them,
 * identifiers that cannot break out of their quotes, and what the role may do.
 */
import pg from 'pg';

/** A pool for each connection that contracts name. Throws RepriseError setting-invalid for a name without an address. */
export type Connections = (name: string) => pg.Pool;

/** `table` or `schema.table` as SQL, each part quoted. A dot inside a name is not supported. */
export function quoteTable(table: string): string {
  return table.split('.').map(pg.escapeIdentifier).join('.');
}

export const quoteName = (name: string): string => pg.escapeIdentifier(name);

/**
 * Lends a connection of the pool to `work`. A connection on which something went wrong is closed rather than
 * given back, since its session may be in a transaction that nobody ends.
 */
export async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // The pool listens on idle connections only: without this, a server that restarts ends the whole process.
  const ignore = () => undefined;
  client.on('error', ignore);
  let failed = true;
  try {
    const result = await work(client);
    failed = false;
    return result;
  } finally {
    client.off('error', ignore);
    if (failed) client.on('error', ignore);
    client.release(failed);
  }
}

/**
 * Output forms that do not depend on a role's or a server's settings: the same row always gives the same text,
 * and so the same fingerprint. standard_conforming_strings makes the server read a literal as the parser did. With
 * row_security off a table of which a policy would hide rows is refused; else they would be missing without a word.
 */
export const fixedOutput = [
  "SET LOCAL TimeZone = 'UTC'",
  "SET LOCAL DateStyle = 'ISO, YMD'",
  "SET LOCAL IntervalStyle = 'iso_8601'",
  "SET LOCAL bytea_output = 'hex'",
  'SET LOCAL extra_float_digits = 1',
  'SET LOCAL standard_conforming_strings = on',
  'SET LOCAL row_security = off',
].join('; ');

/** The SQLSTATE of a server's refusal, or Node's code of a connection that failed; '' where there is none. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return '';
}

const lostCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

/** Whether the server went away, so that asking again later may help (SQLSTATE classes 08 and 57P). */
export function isConnectionLost(error: unknown): boolean {
  const code = errorCode(error);
  if (lostCodes.has(code) || code.startsWith('08') || code.startsWith('57P')) return true;
  return (
    error instanceof Error && /Connection terminated|Client has encountered a connection/.test(error.message)
  );
}

/** Whether somebody has to mend something before another try can succeed: a name, a right, a password. */
export function needsMending(error: unknown): boolean {
  return /^(42|28|3D|3F)/.test(errorCode(error));
}

/** By the server's routine: its code is that of every missing right, and its words may be in another language. */
export function isHiddenByPolicy(error: unknown): boolean {
  return error instanceof Error && 'routine' in error && error.routine === 'check_enable_rls';
}

export const BYPASS =
  'Row-level security hides rows of it from this role, and what is hidden would be missed without a word. Give the role BYPASSRLS, or connect as one that no policy holds for.';

/** What a person can do about an error of PostgreSQL; null where only its own message helps. */
export function remedyFor(error: unknown): string | null {
  const code = errorCode(error);
  if (isConnectionLost(error))
    return 'Check that the server runs and that the address in the settings is right.';
  if (code === '28P01' || code === '28000') return 'Check the user and the password of this connection.';
  if (code === '3D000') return 'Check the database name of this connection.';
  if (isHiddenByPolicy(error)) return BYPASS;
  if (code === '42501') return 'Grant the role SELECT on it, and USAGE on its schema.';
  if (code === '42P01' || code === '3F000') return 'Check the name, with its schema, in the contract.';
  if (code === '57014') return 'The statement ran into its time-out: look at load and locks on that server.';
  if (code === '53300') return 'The server has no connection left: raise max_connections or close some.';
  return null;
}

/** An error's own words; an AggregateError (Node gives one for a host with two addresses) has none of its own. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

export type RoleRights = {
  readonly role: string;
  readonly superuser: boolean;
  /** Tables that the role can change, with the rights that let it. */
  readonly writable: readonly { readonly table: string; readonly rights: readonly string[] }[];
};

const RIGHTS = `
  SELECT session_user::text AS role,
         EXISTS (SELECT FROM pg_catalog.pg_roles
                  WHERE rolname IN (session_user, current_user) AND rolsuper) AS superuser,
         ARRAY(SELECT pg_catalog.unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'])) AS rights`;

/** Reads what the connection's role may do to the tables, superuser included. Throws where a table does not exist. */
export async function readRights(client: pg.ClientBase, tables: readonly string[]): Promise<RoleRights> {
  const who = await client.query<{ role: string; superuser: boolean; rights: string[] }>(RIGHTS);
  const found = who.rows[0];
  if (found === undefined) throw new Error('the server did not say which role this is');
  const writable = [];
  for (const table of new Set(tables)) {
    const { rows } = await client.query<{ right: string }>(
      `SELECT r AS right FROM pg_catalog.unnest($2::text[]) AS r
        WHERE CASE WHEN r IN ('INSERT', 'UPDATE')
                   THEN pg_catalog.has_any_column_privilege(session_user, $1::regclass, r)
                     OR pg_catalog.has_any_column_privilege($1::regclass, r)
                   ELSE pg_catalog.has_table_privilege(session_user, $1::regclass, r)
                     OR pg_catalog.has_table_privilege($1::regclass, r) END`,
      [quoteTable(table), found.rights],
    );
    if (rows.length > 0) writable.push({ table, rights: rows.map((row) => row.right) });
  }
  return { role: found.role, superuser: found.superuser, writable };
}

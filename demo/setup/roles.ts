/** Databases and roles of the demo: one that owns and writes, one that may only read, one that may correct states. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { writeFileAtomically } from '../infra/processes.ts';
import type { Layout } from '../layout.ts';

export type Passwords = { readonly service: string; readonly reader: string; readonly promoter: string };

/** Generated once, and kept where only their owner can read them. */
export async function readOrMakePasswords(stateDir: string): Promise<Passwords> {
  const file = join(stateDir, 'demo-passwords.json');
  const kept = parsePasswords(await readFile(file, 'utf8').catch(() => ''));
  if (kept !== null) return kept;
  const made = {
    service: randomBytes(24).toString('base64url'),
    reader: randomBytes(24).toString('base64url'),
    promoter: randomBytes(24).toString('base64url'),
  };
  await writeFileAtomically(file, JSON.stringify(made));
  return made;
}

function parsePasswords(text: string): Passwords | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    if (!('service' in value && 'reader' in value && 'promoter' in value)) return null;
    const { service, reader, promoter } = value;
    return typeof service === 'string' && typeof reader === 'string' && typeof promoter === 'string'
      ? { service, reader, promoter }
      : null;
  } catch {
    return null;
  }
}

/** The same server and database, as another role. */
export function urlAs(adminUrl: string, user: string, password: string): string {
  const url = new URL(adminUrl);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  return url.toString();
}

/** Creates the roles, or gives them the passwords that are kept. */
export async function ensureRoles(adminUrl: string, layout: Layout, passwords: Passwords): Promise<void> {
  await withClient(adminUrl, async (client) => {
    await ensureRole(client, layout.serviceRole, passwords.service, 'login replication');
    await ensureRole(client, layout.readerRole, passwords.reader, 'login noreplication');
    await ensureRole(client, layout.promoterRole, passwords.promoter, 'login noreplication');
    const reader = client.escapeIdentifier(layout.readerRole);
    await client.query(`alter role ${reader} set default_transaction_read_only = on`);
  });
}

async function ensureRole(client: pg.Client, role: string, password: string, rights: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
  const verb = rowCount === 0 ? 'create' : 'alter';
  await client.query(
    `${verb} role ${client.escapeIdentifier(role)} ${rights} password ${client.escapeLiteral(password)}`,
  );
}

export async function databaseExists(adminUrl: string, database: string): Promise<boolean> {
  return withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    return rowCount === 1;
  });
}

/** An empty database that the service role owns, and that nobody connects to without being told. */
export async function createDatabase(adminUrl: string, database: string, layout: Layout): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const name = client.escapeIdentifier(database);
    await client.query(`create database ${name} owner ${client.escapeIdentifier(layout.serviceRole)}`);
    await client.query(`revoke all on database ${name} from public`);
    await client.query(`grant connect on database ${name} to ${client.escapeIdentifier(layout.readerRole)}`);
  });
}

/** Tables of a schema file, readable by the reader and owned by whoever is logged in. */
export async function createTables(serviceUrl: string, schemaFile: URL, layout: Layout): Promise<void> {
  const sql = await readFile(schemaFile, 'utf8');
  await withClient(serviceUrl, async (client) => {
    const reader = client.escapeIdentifier(layout.readerRole);
    await client.query(
      `begin; ${sql};
       grant usage on schema public to ${reader};
       grant select on all tables in schema public to ${reader};
       commit`,
    );
  });
}

/**
 * What docs/promotion.md asks of a read model, for every table of states in a database. Done at each start, so that a
 * demo from before there were promotions has it too.
 */
export async function ensurePromotable(
  serviceUrl: string,
  layout: Layout,
  tables: { readonly states: readonly string[]; readonly positions: string },
): Promise<void> {
  await withClient(serviceUrl, async (client) => {
    const name = (table: string) => client.escapeIdentifier(table);
    const promoter = name(layout.promoterRole);
    await client.query(
      `begin;
       create table if not exists reprise_promotion (
         promotion_id uuid primary key,
         token bigint not null,
         applied_at timestamptz,
         outcome jsonb
       );
       grant connect on database ${name(client.database ?? '')} to ${promoter};
       grant usage on schema public to ${promoter};
       grant select, insert, update on reprise_promotion to ${promoter};
       grant select, insert, update, delete on ${tables.states.map(name).join(', ')} to ${promoter};
       grant select, update on ${name(tables.positions)} to ${promoter};
       commit`,
    );
  });
}

/** Drops a database with its replication slots; whoever is connected is cut off. */
export async function dropDatabase(adminUrl: string, database: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    for (let attempt = 1; ; attempt += 1) {
      const { rows } = await client.query<{ slot_name: string; active_pid: number | null }>(
        'select slot_name, active_pid from pg_replication_slots where database = $1',
        [database],
      );
      if (rows.length === 0) break;
      if (attempt > 50)
        throw new Error(`a replication slot of ${database} stays in use: is another demo running?`);
      for (const { slot_name, active_pid } of rows) {
        if (active_pid !== null) await client.query('select pg_terminate_backend($1)', [active_pid]);
        else await client.query('select pg_drop_replication_slot($1)', [slot_name]).catch(() => undefined);
      }
      await pause(100);
    }
    await client.query(`drop database if exists ${client.escapeIdentifier(database)} with (force)`);
  });
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

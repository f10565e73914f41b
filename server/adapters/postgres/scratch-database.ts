import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from './migrate.ts';

export type ScratchDatabase = {
  /** Of a role that owns nothing, as Reprise runs by: what it may do, `migrate` gives to it. */
  readonly url: string;
  /** Of the superuser: for what Reprise itself may not do, such as rows that its rules refuse. */
  readonly ownerUrl: string;
  readonly drop: () => Promise<void>;
};

/** Makes an empty database of its own on a server, for a test or for writing a migration. */
export const createScratchDatabase = (serverUrl: string) => create(serverUrl, null);

/**
 * Makes a database of its own at the newest schema: a copy of one that is, where `template` is such a one of this very
 * server, since the migrations are most of what a small test takes.
 */
export async function createMigratedDatabase(
  serverUrl: string,
  template = process.env[templateSetting] ?? null,
): Promise<ScratchDatabase> {
  const [host, name] = template?.split('/') ?? [];
  const database = await create(serverUrl, host === new URL(serverUrl).host ? (name ?? null) : null);
  await migrate(database);
  return database;
}

/** Where a run of tests names its template to all of its processes, as `host:port/database`. */
export const templateSetting = 'REPRISE_TEST_TEMPLATE';

/** A database at the newest schema that nobody connects to, to make others from. */
export async function createTemplate(
  serverUrl: string,
): Promise<{ name: string; drop: () => Promise<void> }> {
  const name = `reprise_template_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  await migrate({ url: url.href, ownerUrl: url.href });
  await onServer(serverUrl, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  return {
    name: `${url.host}/${name}`,
    drop: () => onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function create(serverUrl: string, template: string | null): Promise<ScratchDatabase> {
  const name = `reprise_scratch_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const password = randomUUID();
  const from = template === null ? '' : ` TEMPLATE ${template}`;
  await onServer(
    serverUrl,
    `CREATE DATABASE ${name}${from}`,
    `CREATE ROLE ${name} LOGIN PASSWORD '${password}'`,
  );
  const ownerUrl = new URL(serverUrl);
  ownerUrl.pathname = `/${name}`;
  const url = new URL(ownerUrl);
  url.username = name;
  url.password = password;
  return {
    url: url.href,
    ownerUrl: ownerUrl.href,
    drop: async () => {
      await goodbyes(serverUrl, name);
      await onServer(
        serverUrl,
        `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`,
        `DROP ROLE IF EXISTS ${name}`,
      );
    },
  };
}

/** A pool that has ended may still be saying so: a connection that is broken off at that has nobody who hears of it. */
async function goodbyes(serverUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    for (let look = 0; look < 40; look += 1) {
      const { rowCount } = await client.query('SELECT FROM pg_stat_activity WHERE datname = $1', [name]);
      if (rowCount === 0) return;
      await sleep(25);
    }
  } finally {
    await client.end();
  }
}

/**
 * An address of the owner at which no trigger fires and no foreign key is looked at: for rows that tests begin with and
 * that the rules refuse, such as a replay that has ended together with what it found.
 */
export function withoutRules({ ownerUrl }: Pick<ScratchDatabase, 'ownerUrl'>): string {
  const url = new URL(ownerUrl);
  url.searchParams.set('options', '-c session_replication_role=replica -c timezone=UTC');
  return url.href;
}

async function onServer(serverUrl: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningPostgres, startPostgres } from '../../demo/infra/postgres.ts';
import { openJobs } from '../../server/adapters/jobs/pg-boss-jobs.ts';
import { migrate } from '../../server/adapters/postgres/migrate.ts';
import { createPool } from '../../server/adapters/postgres/pool.ts';
import { createUnitOfWork } from '../../server/adapters/postgres/unit-of-work.ts';
import { migrateDatabase } from './database.ts';
import { makeSteps } from './steps.ts';

/** A state folder of a Reprise that knew one role: `reprise`, which owns the database, its tables and the job queue. */
let stateDir: string;
let postgres: RunningPostgres;
let ownerUrl: string;

const queue = (databaseUrl: string) =>
  openJobs({ databaseUrl, role: 'worker', report: (error) => expect(error).toBeNull() });

async function send(databaseUrl: string): Promise<void> {
  const pool = createPool(databaseUrl, { name: 'test', max: 1, report: () => undefined });
  const jobs = await queue(databaseUrl);
  await createUnitOfWork(pool).run((tx) => jobs.send(tx, [{ kind: 'trace', replayId: randomUUID() }]));
  await jobs.stop(1_000);
  await pool.end();
}

async function asAdministrator<Row extends pg.QueryResultRow>(
  sql: string,
  database = 'reprise',
): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: postgres.urlFor(database) });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function prepare(databaseUrl: string): Promise<string> {
  let printed = '';
  const steps = makeSteps((text) => {
    printed += text;
  });
  await migrateDatabase({ steps }, { databaseUrl, ownerUrl }).catch(() => undefined);
  return printed;
}

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'reprise-two-roles-'));
  postgres = await startPostgres({
    stateDir,
    log: () => undefined,
    port: 57_432,
    settings: { fsync: 'off' },
  });
  ownerUrl = await postgres.ensureOwnedDatabase('reprise');
  const { unruly } = await migrate({ url: ownerUrl, ownerUrl });
  expect(unruly).toMatch(/role reprise .*owns its tables/);
  await send(ownerUrl);
}, 120_000);
afterAll(async () => {
  await postgres.stop();
  await rm(stateDir, { recursive: true, force: true });
});

it('an owner that may not hand over the job queue is told what an administrator has to run', async () => {
  await asAdministrator(`CREATE ROLE stranger LOGIN PASSWORD 'stranger'`);
  const url = new URL(ownerUrl);
  url.username = 'stranger';
  url.password = 'stranger';
  expect(await prepare(url.href)).toMatch(/✗ Database schema: .*GRANT "stranger" TO "reprise";/);
});

it('what one role did, two do from the next start on, with what stood in the queue', async () => {
  const runnerUrl = await postgres.ensureGuest('reprise', 'reprise_runner');
  expect(await prepare(runnerUrl)).toMatch(/✓ Database schema: \d+ rights of the role that runs set/);
  expect(await prepare(runnerUrl)).toMatch(/✓ Database schema: up to date/);
  const owned = await asAdministrator<{ schema: string; owner: string; count: string }>(
    `SELECT relnamespace::regnamespace::text AS schema, pg_get_userbyid(relowner) AS owner, count(*)::text
     FROM pg_class WHERE relnamespace::regnamespace::text IN ('public', 'pgboss') AND relkind IN ('r', 'p', 'S')
     GROUP BY 1, 2 ORDER BY 1`,
  );
  expect(owned).toMatchObject([
    { schema: 'pgboss', owner: 'reprise_runner' },
    { schema: 'public', owner: 'reprise' },
  ]);
  await send(runnerUrl);
  expect(await asAdministrator(`SELECT count(*)::int FROM pgboss.job WHERE name = 'trace'`)).toEqual([
    { count: 2 },
  ]);
});

it('a process that still runs as the owner goes on until it is restarted', async () => {
  await send(ownerUrl);
});

it('a database of a superuser is handed over by what the settings page says', async () => {
  await postgres.ensureDatabase('older');
  const superuser = postgres.urlFor('older');
  await migrate({ url: superuser, ownerUrl: superuser });
  await send(superuser);
  const page = await readFile(new URL('../../docs/settings.md', import.meta.url), 'utf8');
  const [sql = ''] = page.match(/CREATE ROLE reprise_owner[\s\S]*?END \$\$;/) ?? [];
  await asAdministrator('DROP OWNED BY reprise_runner; DROP ROLE reprise_runner');
  await asAdministrator(
    sql.replace('DATABASE reprise ', 'DATABASE older ').replaceAll('…', 'secret'),
    'older',
  );
  const as = (name: string) => {
    const url = new URL(superuser);
    url.username = name;
    url.password = 'secret';
    return url.href;
  };
  await expect(migrate({ url: as('reprise_owner'), ownerUrl: as('reprise_runner') })).rejects.toThrow(
    /belong to the role reprise_owner/,
  );
  expect(await migrate({ url: as('reprise_runner'), ownerUrl: as('reprise_owner') })).toMatchObject({
    applied: [],
    unruly: null,
  });
  await send(as('reprise_runner'));
});

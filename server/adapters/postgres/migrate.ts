import pg from 'pg';
import { RepriseError } from '../../domain/shared/errors.ts';
import { errorCode } from '../connections.ts';
import { applyGrants, ensureQueueSchema, pinFunctions } from './apply-grants.ts';
import { OwnerUnreachable } from './owner-unreachable.ts';
import { whyRulesCanBeSwitchedOff } from './running-role.ts';
import { listMigrations, noFilters, withSchemaEngine } from './schema-engine.ts';

/** Any fixed number of our own: every process that migrates this database takes the same lock. */
const MIGRATION_LOCK = 7_463_120_113;

export type DatabaseAddresses = {
  /** Of the role that Reprise runs by. */
  readonly url: string;
  /** Of the role that owns tables and functions; the same address where one role does both. */
  readonly ownerUrl: string;
};

export type Migrated = {
  /** Names of the migrations that were applied now; none where the database was up to date. */
  readonly applied: string[];
  /** How many privileges of the role that runs were given or taken. */
  readonly granted: number;
  /** Why what runs could switch off the rules that the database keeps; null: it can't. */
  readonly unruly: string | null;
};

/**
 * Brings a database to the newest schema, as the owner of its tables, and gives the role that runs what it needs.
 * Several processes may call it at once: one migrates, the others wait for it.
 * Throws where the database can't be reached, where an earlier migration failed half-way, and where the two addresses
 * lead to different databases.
 */
export async function migrate({ url, ownerUrl }: DatabaseAddresses): Promise<Migrated> {
  const owner = await connect(ownerUrl).catch((cause: unknown) => {
    throw url === ownerUrl ? cause : new OwnerUnreachable('the owner can not connect', { cause });
  });
  try {
    const role = url === ownerUrl ? null : await roleThatRuns(url, owner);
    await owner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await demandOwner(owner);
    await ensureQueueSchema(owner);
    const applied = await applyMissing(ownerUrl);
    const granted = await secure(owner, role);
    return { applied, granted, unruly: await unruly(url) };
  } finally {
    // Ending the session gives the lock back, whatever became of the migration.
    await owner.end().catch(() => undefined);
  }
}

/** The engine takes half a second of a processor to load, and a database that is up to date needs none of it. */
async function applyMissing(ownerUrl: string): Promise<string[]> {
  const migrationsList = await listMigrations();
  const there = await appliedMigrations(ownerUrl);
  if (migrationsList.migrationDirectories.every(({ path }) => there.has(path))) return [];
  return withSchemaEngine(ownerUrl, async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters: noFilters });
    return appliedMigrationNames;
  });
}

/** What comes after the migrations each time, so that it is so however the database came to where it is. */
async function secure(owner: pg.Client, role: string | null): Promise<number> {
  await owner.query('BEGIN');
  await pinFunctions(owner);
  const granted = role === null ? 0 : await applyGrants(owner, role);
  await owner.query('COMMIT');
  return granted;
}

/**
 * Makes sure that the database is at the newest schema: by migrating it where one role owns and runs, or else by looking.
 * Throws RepriseError setting-invalid where a migration is missing that only the owner can apply.
 */
export async function migrateOrCheck(url: string): Promise<Migrated> {
  if (await mayMigrate(url)) return migrate({ url, ownerUrl: url });
  const { migrationDirectories } = await listMigrations();
  const applied = await appliedMigrations(url);
  const missing = migrationDirectories.map(({ path }) => path).filter((name) => !applied.has(name));
  if (missing.length === 0) return { applied: [], granted: 0, unruly: await unruly(url) };
  throw new RepriseError(
    'setting-invalid',
    `The database lacks ${missing.length} of the migrations of this Reprise (the first: ${missing[0]}), and the role of DATABASE_URL does not own its tables. Run "npm run -s reprise -- migrate" with REPRISE_OWNER_DATABASE_URL set; this process goes on by itself then.`,
    { where: 'DATABASE_URL' },
  );
}

/** Whether the role owns the tables, or there are none yet and it may make them. */
async function mayMigrate(url: string): Promise<boolean> {
  const client = await connect(url);
  try {
    const { rows } = await client.query<{ may: boolean }>(
      `SELECT coalesce((SELECT pg_has_role(current_user, c.relowner, 'USAGE') FROM pg_class c
           WHERE c.oid = to_regclass('public._prisma_migrations')),
         has_schema_privilege(current_user, 'public', 'CREATE')) AS may`,
    );
    return rows[0]?.may === true;
  } finally {
    await client.end();
  }
}

async function unruly(url: string): Promise<string | null> {
  const client = await connect(url);
  try {
    return await whyRulesCanBeSwitchedOff(client);
  } finally {
    await client.end();
  }
}

async function appliedMigrations(url: string): Promise<ReadonlySet<string>> {
  const client = await connect(url);
  try {
    const { rows } = await client.query<{ name: string }>(
      'SELECT migration_name AS name FROM public._prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    );
    return new Set(rows.map(({ name }) => name));
  } catch (error) {
    // No tables, or none that this role was given: for it that is the same.
    if (['42P01', '42501'].includes(errorCode(error))) return new Set();
    throw error;
  } finally {
    await client.end();
  }
}

/** The role that an address signs in as; null where that is the owner itself. */
async function roleThatRuns(url: string, owner: pg.Client): Promise<string | null> {
  const runner = await connect(url);
  try {
    const [here, there] = [await placeOf(owner), await placeOf(runner)];
    if (here.place !== there.place)
      throw new RepriseError(
        'setting-invalid',
        `DATABASE_URL and REPRISE_OWNER_DATABASE_URL lead to different databases (${there.database} and ${here.database}, on servers started at ${there.since} and ${here.since}).`,
        { where: 'REPRISE_OWNER_DATABASE_URL' },
      );
    return here.role === there.role ? null : there.role;
  } finally {
    await runner.end();
  }
}

/** Two addresses that were swapped would fail at the first statement that only the owner may run, and in its words. */
async function demandOwner(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ me: string; owner: string }>(
    `SELECT current_user::text AS me, pg_get_userbyid(c.relowner)::text AS owner FROM pg_class c
     WHERE c.oid = to_regclass('public._prisma_migrations') AND NOT pg_has_role(current_user, c.relowner, 'USAGE')`,
  );
  const [other] = rows;
  if (other !== undefined)
    throw new RepriseError(
      'setting-invalid',
      `Reprise's tables belong to the role ${other.owner}, and ${other.me} is to migrate them: name the owner's address.`,
      { where: 'REPRISE_OWNER_DATABASE_URL' },
    );
}

async function placeOf(client: pg.Client) {
  const { rows } = await client.query<{ role: string; database: string; since: string }>(
    `SELECT current_user::text AS role, current_database()::text AS database, pg_postmaster_start_time()::text AS since`,
  );
  const { role, database, since } = rows[0] ?? { role: '', database: '', since: '' };
  return { role, database, since, place: `${database} ${since}` };
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString,
    application_name: 'reprise migrate',
    options: '-c timezone=UTC -c search_path=public',
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

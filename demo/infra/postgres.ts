import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort, isPortFree, startOnFreePorts } from './ports.ts';
import { type Binaries, prepareBinaries, type ServerUser } from './postgres-binaries.ts';
import { identify } from './process-identity.ts';
import {
  type Exit,
  failedStart,
  type Log,
  readIdentity,
  type Started,
  startProcess,
  stopProcess,
  takeOwnership,
  waitUntil,
  writeFileAtomically,
} from './processes.ts';

export type PostgresOptions = {
  stateDir: string;
  log: Log;
  /** The port to try first; the one used last time goes before it. */
  port?: number;
  /** Where the server writes; `<stateDir>/postgres.log` when not named. */
  logFile?: string;
  /** Server settings on top of our own, such as `fsync=off` for throw-away data. */
  settings?: Record<string, string>;
};

export type RunningPostgres = {
  port: number;
  pid: number;
  /** The superuser's URL of a database. It holds the password: never log it. */
  urlFor: (database: string) => string;
  /** Creates the database when it is missing. */
  ensureDatabase: (name: string) => Promise<void>;
  /**
   * A database with a login role of the same name that owns it and nothing else; answers that
   * role's URL, with its password. For a program that has no business in the other databases.
   */
  ensureOwnedDatabase: (name: string) => Promise<string>;
  /**
   * A login role that owns nothing, of which the owner of such a database is a member, so that it can hand things to it;
   * answers that role's URL of the database.
   */
  ensureGuest: (database: string, role: string) => Promise<string>;
  /** Resolves when the server process ends, wanted or not. */
  exited: Promise<Exit>;
  stop: () => Promise<void>;
};

const run = promisify(execFile);
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_level: 'logical',
  max_wal_senders: '20',
  max_replication_slots: '20',
  max_connections: '300',
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const;

/**
 * Starts PostgreSQL 18 from npm on loopback, creating its data folder the first time. A server
 * left by an owner that was killed is stopped first, and its stale postmaster.pid removed.
 * @throws StateInUseError when a living process owns the folder; Error with the log's end when the
 *   server does not answer.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { stateDir, log } = options;
  await mkdir(stateDir, { recursive: true });
  const release = await takeOwnership(stateDir, 'PostgreSQL');
  const { bin, user, homeDir } = await prepareBinaries(stateDir, log);
  const dataDir = join(homeDir, 'data');
  await stopLeftover(stateDir, dataDir, log);
  const password = await readOrMakePassword(join(stateDir, 'postgres.password'));
  await ensureCluster({ bin, user }, homeDir, dataDir, password, log);
  const logFile = options.logFile ?? join(stateDir, 'postgres.log');
  const urlAt = (at: number) => (database: string) =>
    `postgresql://postgres:${password}@127.0.0.1:${at}/${encodeURIComponent(database)}`;
  const { port, started } = await startOnFreePorts('PostgreSQL', log, async (shift) => {
    const port = await choosePort(stateDir, (options.port ?? 55432) + shift, log);
    const settings = { ...SETTINGS, ...options.settings, port: String(port) };
    const args = [
      '-D',
      dataDir,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ];
    const started = await startServer(join(bin, 'postgres'), args, urlAt(port)('postgres'), {
      ...(user ?? {}),
      cwd: dataDir,
      logFile,
      identityFile: join(stateDir, 'postgres.pid.json'),
    });
    return { port, started };
  });
  const urlFor = urlAt(port);
  return {
    port,
    pid: started.identity.pid,
    urlFor,
    ensureDatabase: (name) => ensureDatabase(urlFor('postgres'), name),
    ensureOwnedDatabase: async (name) => {
      const owner = { name, password: await readOrMakePassword(join(stateDir, `${name}.password`)) };
      await ensureDatabase(urlFor('postgres'), name, owner);
      return urlAs(urlFor(name), owner);
    },
    ensureGuest: async (database, role) => {
      const guest = { name: role, password: await readOrMakePassword(join(stateDir, `${role}.password`)) };
      await ensureGuest(urlFor('postgres'), guest, database);
      return urlAs(urlFor(database), guest);
    },
    exited: started.exited,
    stop: async () => {
      // SIGINT is PostgreSQL's "fast" shutdown: it ends sessions and writes a checkpoint.
      await stopProcess(started.identity, 15_000, 'SIGINT');
      await rm(join(stateDir, 'postgres.pid.json'), { force: true });
      await release();
    },
  };
}

async function stopLeftover(stateDir: string, dataDir: string, log: Log): Promise<void> {
  const recorded = await readIdentity(join(stateDir, 'postgres.pid.json'));
  const pidFile = join(dataDir, 'postmaster.pid');
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]);
  // A server that died between its start and our record of it is known by its own file only.
  const unrecorded = recorded === null && pid > 0 && (await namesData(pid, dataDir)) ? identify(pid) : null;
  const leftover = recorded ?? unrecorded;
  if (leftover !== null) {
    const outcome = await stopProcess(leftover, 15_000, 'SIGINT');
    if (outcome !== 'gone') log(`stopped a PostgreSQL left by an earlier run (pid ${leftover.pid})`);
  }
  await rm(pidFile, { force: true });
}

async function namesData(pid: number, dataDir: string): Promise<boolean> {
  const { stdout } = await run('ps', ['-o', 'args=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.includes(dataDir);
}

async function readOrMakePassword(file: string): Promise<string> {
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (known !== '') return known;
  const made = randomBytes(24).toString('base64url');
  await writeFileAtomically(file, made);
  return made;
}

async function ensureCluster(
  { bin, user }: Binaries,
  homeDir: string,
  dataDir: string,
  password: string,
  log: Log,
): Promise<void> {
  // PG_VERSION is written early, so a run killed inside initdb is told by our own mark at its end.
  const done = join(homeDir, 'data.complete');
  if (existsSync(done) && existsSync(join(dataDir, 'PG_VERSION'))) return;
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const passwordFile = join(homeDir, 'initdb.password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  await own(user, dataDir, passwordFile);
  log('creating the PostgreSQL data folder');
  try {
    // The built-in locale sorts alike on every machine, whatever C library it has.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    await run(
      join(bin, 'initdb'),
      [
        `--pgdata=${dataDir}`,
        '--username=postgres',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        ...locale,
      ],
      { ...(user ?? {}), cwd: dataDir, timeout: 120_000, env: { ...process.env, LC_ALL: 'C' } },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
  await writeFile(done, '');
}

async function own(user: ServerUser, ...paths: string[]): Promise<void> {
  if (user === null) return;
  for (const path of paths) await chown(path, user.uid, user.gid);
}

async function choosePort(stateDir: string, wanted: number, log: Log): Promise<number> {
  const file = join(stateDir, 'postgres.port');
  const remembered = Number(await readFile(file, 'utf8').catch(() => ''));
  if (remembered > 0 && (await isPortFree(remembered))) return remembered;
  const port = await freePort(wanted);
  if (port !== wanted || remembered > 0) {
    log(`port ${remembered > 0 ? remembered : wanted} is taken; PostgreSQL uses ${port}`);
  }
  await writeFileAtomically(file, String(port));
  return port;
}

/**
 * After a kill -9 the server's own children live on for a moment, and a new server refuses to start
 * until they have let go of the shared memory: then, and only then, it is tried again.
 */
async function startServer(
  command: string,
  args: readonly string[],
  url: string,
  options: Parameters<typeof startProcess>[2],
): Promise<Started> {
  for (let attempt = 1; ; attempt += 1) {
    const started = await startProcess(command, args, options);
    try {
      await waitForAnswer(url, started, options.logFile);
      return started;
    } catch (error) {
      const isHeld = error instanceof Error && error.message.includes('shared memory block');
      if (!isHeld || attempt === 10) throw error;
      await delay(500);
    }
  }
}

async function waitForAnswer(url: string, started: Started, logFile: string): Promise<void> {
  const answered = await waitUntil(async () => started.hasExited() || (await answers(url)), 60_000, 50);
  if (answered && !started.hasExited()) return;
  await stopProcess(started.identity, 1_000);
  const why = started.hasExited() ? 'ended at once' : 'did not answer within 60 s';
  throw await failedStart(`PostgreSQL ${why}`, logFile);
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

type Login = { name: string; password: string };

function urlAs(address: string, { name, password }: Login): string {
  const url = new URL(address);
  url.username = name;
  url.password = password;
  return url.href;
}

async function ensureGuest(adminUrl: string, guest: Login, owner: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await ensureRole(client, guest);
    await client.query(`GRANT ${client.escapeIdentifier(guest.name)} TO ${client.escapeIdentifier(owner)}`);
  } finally {
    await client.end();
  }
}

async function ensureDatabase(adminUrl: string, name: string, owner?: Login): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    if (owner !== undefined) await ensureRole(client, owner);
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount !== 0) return;
    const clause = owner === undefined ? '' : ` OWNER ${client.escapeIdentifier(owner.name)}`;
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}${clause}`);
  } finally {
    await client.end();
  }
}

async function ensureRole(client: pg.Client, { name, password }: Login): Promise<void> {
  const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
  const verb = found.rowCount === 0 ? 'CREATE' : 'ALTER';
  const role = client.escapeIdentifier(name);
  await client.query(`${verb} ROLE ${role} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
}

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort, isPortFree, startOnFreePorts } from './ports.ts';
import { findNative, postgresUser, prepareBinaries } from './postgres-binaries.ts';
import {
  findPlace,
  hasCluster,
  markComplete,
  own,
  passwordFile,
  recordedHome,
  recordHome,
  type ServerUser,
  settle,
  type Whereabouts,
} from './postgres-home.ts';
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
  /**
   * For data that must not be lost: where they go when the state folder can't be entered by the server's user
   * (`lastingFolder`), and lost ones are an error. Left out, the server is a throw-away one.
   */
  lastingDir?: string;
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
  // A slot that nobody reads is lost at some time, and the demo built anew: without a bound it fills the disk.
  max_slot_wal_keep_size: '2GB',
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
  const { dataDir, bin, user, password } = await prepareData(options);
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
    const login = { url: urlAt(port)('postgres'), dataDir };
    const started = await startServer(join(bin, 'postgres'), args, login, {
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

type Prepared = { dataDir: string; bin: string; user: ServerUser; password: string };

/** Finds the data and all that is needed to serve them; makes them where there have never been any. */
async function prepareData({ stateDir, lastingDir, log }: PostgresOptions): Promise<Prepared> {
  const found = await findNative();
  const user = postgresUser(log);
  const at: Whereabouts = { stateDir, native: found.native, user, lastingDir, log };
  const place = await findPlace(at);
  await stopLeftover(stateDir, join(place.found, 'data'), log);
  await settle(place, at);
  const { home } = place;
  const dataDir = join(home, 'data');
  const bin = await prepareBinaries(found, home, home !== stateDir);
  const recorded = await recordedHome(stateDir, home);
  if (!hasCluster(home) && recorded !== null && lastingDir !== undefined)
    throw new Error(
      `The database of this state folder was in ${recorded}, and ${home} has none. ` +
        'Put the folder there again, from a copy if need be, or begin anew without it: npm start -- --fresh',
    );
  const password = await superuserPassword(stateDir, home);
  if (hasCluster(home)) {
    if (recorded === null) log(`the database that is in ${home} already is used`);
  } else await createCluster({ bin, user }, home, dataDir, password, log);
  await recordHome(stateDir, home);
  return { dataDir, bin, user, password };
}

/** As it lies beside the data. In the state folder too, where it was kept before and where whoever works here looks. */
async function superuserPassword(stateDir: string, home: string): Promise<string> {
  const kept = (await readFile(passwordFile(home), 'utf8').catch(() => '')).trim();
  const password = kept === '' ? await readOrMakePassword(passwordFile(stateDir)) : kept;
  for (const folder of new Set([home, stateDir])) await writeFileAtomically(passwordFile(folder), password);
  return password;
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

async function createCluster(
  { bin, user }: Pick<Prepared, 'bin' | 'user'>,
  homeDir: string,
  dataDir: string,
  password: string,
  log: Log,
): Promise<void> {
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const initFile = join(homeDir, 'initdb.password');
  await writeFile(initFile, `${password}\n`, { mode: 0o600 });
  await own(user, dataDir, initFile);
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
        `--pwfile=${initFile}`,
        ...locale,
      ],
      { ...(user ?? {}), cwd: dataDir, timeout: 120_000, env: { ...process.env, LC_ALL: 'C' } },
    );
  } finally {
    await rm(initFile, { force: true });
  }
  await markComplete(homeDir);
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
  login: SuperuserLogin,
  options: Parameters<typeof startProcess>[2],
): Promise<Started> {
  for (let attempt = 1; ; attempt += 1) {
    const started = await startProcess(command, args, options);
    try {
      await waitForAnswer(login, started, options.logFile);
      return started;
    } catch (error) {
      const isHeld = error instanceof Error && error.message.includes('shared memory block');
      if (!isHeld || attempt === 10) throw error;
      await delay(500);
    }
  }
}

type SuperuserLogin = { url: string; dataDir: string };

async function waitForAnswer(
  { url, dataDir }: SuperuserLogin,
  started: Started,
  logFile: string,
): Promise<void> {
  let answer: Answer = 'none';
  const isSettled = async () => {
    if (started.hasExited()) return true;
    answer = await ask(url);
    return answer !== 'none';
  };
  const settled = await waitUntil(isSettled, 60_000, 50);
  // Where another server took the port it is that one which refuses, and ours is about to end.
  const hasEnded =
    started.hasExited() || (isRefused(answer) && (await waitUntil(started.hasExited, 1_000, 50)));
  if (settled && !hasEnded && !isRefused(answer)) return;
  await stopProcess(started.identity, isRefused(answer) ? 15_000 : 1_000, 'SIGINT');
  if (!hasEnded && isRefused(answer))
    throw new Error(
      `PostgreSQL refuses its superuser: the data in ${dataDir} were made with another password than the one in ` +
        `${passwordFile(dirname(dataDir))}. Put that file back from a copy, or begin anew without the data: npm start -- --fresh`,
    );
  const why = hasEnded ? 'ended at once' : 'did not answer within 60 s';
  throw await failedStart(`PostgreSQL ${why}`, logFile);
}

type Answer = 'well' | 'refused' | 'none';

/** What was given to a variable in a callback the compiler does not follow. */
const isRefused = (answer: Answer) => answer === 'refused';

/** PostgreSQL's code for a wrong password (appendix A of its manual): asking again gets no other answer. */
const wrongPassword = '28P01';

async function ask(url: string): Promise<Answer> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return 'well';
  } catch (error) {
    return error instanceof pg.DatabaseError && error.code === wrongPassword ? 'refused' : 'none';
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

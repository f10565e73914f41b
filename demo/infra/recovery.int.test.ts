import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kafkaAvailability, startKafka } from './kafka.ts';
import { startPostgres } from './postgres.ts';
import { lastingHome, temporaryHome } from './postgres-home.ts';

let stateDir = '';
const said: string[] = [];
const options = () => ({
  stateDir,
  log: (line: string) => void said.push(line),
  port: 56_932,
  settings: { fsync: 'off' },
});

beforeEach(async () => {
  said.length = 0;
  stateDir = await mkdtemp(join(tmpdir(), 'reprise-postgres-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test('a database server that was killed comes back on its port with what was committed', async () => {
  const first = await startPostgres(options());
  const url = await first.ensureOwnedDatabase('mine');
  await query(url, 'create table kept as select 42 as answer');
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  const second = await startPostgres(options());
  try {
    expect(second.port).toBe(first.port);
    expect(await query(url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  } finally {
    await second.stop();
  }
});

test("a database's owner has no rights outside it", async () => {
  const server = await startPostgres(options());
  try {
    const url = await server.ensureOwnedDatabase('mine');
    const rights = `select rolsuper, rolcreaterole, rolcreatedb, rolreplication from pg_roles where rolname = current_user`;
    expect(await query(url, rights)).toEqual([
      { rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolreplication: false },
    ]);
  } finally {
    await server.stop();
  }
});

test('a replication slot that nobody reads does not keep the log for ever', async () => {
  const server = await startPostgres(options());
  const url = server.urlFor('postgres');
  try {
    expect(await query(url, 'show max_slot_wal_keep_size')).toEqual([{ max_slot_wal_keep_size: '2GB' }]);
  } finally {
    await server.stop();
  }
  const narrow = await startPostgres({
    ...options(),
    settings: { fsync: 'off', max_slot_wal_keep_size: '16MB' },
  });
  try {
    await query(url, `select pg_create_logical_replication_slot('idle', 'pgoutput')`);
    for (let segment = 0; segment < 4; segment += 1) {
      await query(url, `select pg_logical_emit_message(true, 'filler', 'x')`);
      await query(url, 'select pg_switch_wal()');
    }
    await query(url, 'checkpoint');
    // As a start of the demo asks for it.
    const kept = `select from pg_replication_slots where slot_name = 'idle' and wal_status <> 'lost'`;
    expect(await query(url, kept)).toEqual([]);
    await query(url, `select pg_drop_replication_slot('idle')`);
  } finally {
    await narrow.stop();
  }
});

test('a wrong password of the superuser is said at once, and is not taken for a server that is not up', async () => {
  const first = await startPostgres(options());
  await first.stop();
  await writeFile(join(stateDir, 'postgres.password'), 'another');
  const startedAt = performance.now();
  await expect(startPostgres(options())).rejects.toThrow(/were made with another password.*--fresh/);
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});

test('data that are gone are said to be, and not made anew in silence', async () => {
  const lasting = { ...options(), lastingDir: join(stateDir, 'lasting') };
  const first = await startPostgres(lasting);
  await first.stop();
  await rm(join(stateDir, 'data'), { recursive: true });
  await rm(join(stateDir, 'data.complete'));
  await expect(startPostgres(lasting)).rejects.toThrow(/has none\..*--fresh/);
  // As an installation has it that is older than the record.
  await rm(join(stateDir, 'postgres.home'));
  await expect(startPostgres(lasting)).rejects.toThrow(/has none\..*--fresh/);
});

const isRoot = process.getuid?.() === 0;
if (!isRoot)
  process.stdout.write('NOT RUN: a database of root outside its state folder: this is not root.\n');

describe.runIf(isRoot)('root, in a folder that the user of the server cannot enter', () => {
  let lastingDir = '';
  const closed = () => ({ ...options(), stateDir: join(stateDir, 'postgres') });
  const lasting = () => ({ ...closed(), lastingDir });
  const homeOf = () => lastingHome(join(stateDir, 'postgres'), lastingDir);
  beforeEach(async () => {
    lastingDir = await mkdtemp(join(tmpdir(), 'reprise-lasting-'));
  });
  afterEach(async () => {
    await rm(lastingDir, { recursive: true, force: true });
    await rm(temporaryHome(join(stateDir, 'postgres')), { recursive: true, force: true });
  });

  const keepOne = async (start: ReturnType<typeof closed>) => {
    const server = await startPostgres(start);
    await query(server.urlFor('postgres'), 'create table kept as select 42 as answer');
    await server.stop();
  };
  const expectKept = async (start: ReturnType<typeof closed>) => {
    const server = await startPostgres(start);
    try {
      expect(await query(server.urlFor('postgres'), 'select answer from kept')).toEqual([{ answer: 42 }]);
    } finally {
      await server.stop();
    }
  };

  test('keeps its data where a restart of the machine leaves them', async () => {
    await keepOne(lasting());
    expect(existsSync(join(homeOf(), 'data', 'PG_VERSION'))).toBe(true);
    expect(existsSync(temporaryHome(join(stateDir, 'postgres')))).toBe(false);
    await expectKept(lasting());
  });

  test('takes along what an earlier version kept in the temporary folder', async () => {
    await keepOne(closed());
    // It kept the password in the state folder alone.
    await rm(join(temporaryHome(join(stateDir, 'postgres')), 'postgres.password'));
    await rm(join(stateDir, 'postgres', 'postgres.home'));
    await expectKept(lasting());
    expect(existsSync(join(homeOf(), 'data', 'PG_VERSION'))).toBe(true);
    expect(existsSync(temporaryHome(join(stateDir, 'postgres')))).toBe(false);
  });

  test('finds its data again when the state folder was deleted', async () => {
    await keepOne(lasting());
    await rm(join(stateDir, 'postgres'), { recursive: true });
    await expectKept(lasting());
    expect(said.join('\n')).toContain('that is in');
  });

  test('does not use a copy of the binaries that was cut off, nor one of another version', async () => {
    const cutOff = join(homeOf(), 'native', 'bin');
    await mkdir(cutOff, { recursive: true });
    await writeFile(join(cutOff, 'postgres'), '');
    await keepOne(lasting());
    const copies = (await readdir(homeOf())).filter((name) => name.startsWith('native'));
    expect(copies).toEqual([expect.stringMatching(/^native-\d/)]);
  });
});

/** Takes the port that a server says it has chosen, before the server can. */
function takeChosenPort(): { log: (line: string) => void; taken: () => number; release: () => void } {
  let thief: Server | null = null;
  let port = 0;
  return {
    log: (line) => {
      const chosen = /uses (\d+)$/.exec(line)?.[1];
      if (chosen === undefined || thief !== null) return;
      port = Number(chosen);
      thief = createServer().listen(port, '127.0.0.1');
    },
    taken: () => port,
    release: () => void thief?.close(),
  };
}

/** The wanted port is taken as well, since only a port that was not wanted is said. */
async function withWantedTaken<T>(port: number, work: () => Promise<T>): Promise<T> {
  const holder = createServer().listen(port, '127.0.0.1');
  try {
    return await work();
  } finally {
    holder.close();
  }
}

test('a database server whose port is taken after it was chosen starts on another', async () => {
  const thief = takeChosenPort();
  const server = await withWantedTaken(56_932, () => startPostgres({ ...options(), log: thief.log }));
  try {
    expect(thief.taken()).toBeGreaterThan(56_932);
    expect(server.port).not.toBe(thief.taken());
    expect(await query(server.urlFor('postgres'), 'select 1 as one')).toEqual([{ one: 1 }]);
  } finally {
    await server.stop();
    thief.release();
  }
});

const kafka = kafkaAvailability();
if (!kafka.available) process.stdout.write(`NOT RUN: a broker whose port is taken: ${kafka.why}.\n`);

describe.runIf(kafka.available)('a broker', () => {
  test('starts and starts again below a folder whose name Java reads otherwise', {
    timeout: 120_000,
  }, async () => {
    const folder = join(stateDir, 'jürgen, 日本: x');
    const start = () =>
      startKafka({ stateDir: folder, log: (line) => void said.push(line), port: 60_932, heapMb: 256 });
    await (await start()).stop();
    expect(existsSync(join(folder, 'data', 'meta.properties'))).toBe(true);
    await (await start()).stop();
    expect(said.filter((line) => line.startsWith('formatting'))).toHaveLength(1);
  });

  test('whose port is taken after it was chosen starts on another', { timeout: 120_000 }, async () => {
    const thief = takeChosenPort();
    const broker = await withWantedTaken(60_932, () =>
      startKafka({ stateDir, log: thief.log, port: 60_932, heapMb: 256 }),
    );
    try {
      expect(thief.taken()).toBeGreaterThan(60_932);
      expect(broker.brokers).not.toBe(`127.0.0.1:${thief.taken()}`);
    } finally {
      await broker.stop();
      thief.release();
    }
  });
});

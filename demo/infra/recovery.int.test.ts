import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kafkaAvailability, startKafka } from './kafka.ts';
import { startPostgres } from './postgres.ts';

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

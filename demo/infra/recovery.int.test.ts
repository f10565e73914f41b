import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
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

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openScratchStore, type ScratchStore } from '../scratch-store.ts';
import { type InvariantLimits, openSqlInvariants } from './sql-invariant-runner.ts';

let store: ScratchStore;
beforeAll(async () => {
  store = await openScratchStore(inject('databaseUrl'));
  await store.owner.query(`
    CREATE TYPE mood AS ENUM ('good', 'bad');
    CREATE DOMAIN checked AS int CHECK (VALUE > 0);
    CREATE TABLE stock (sku text PRIMARY KEY, on_hand int, seconds float8 DEFAULT 0.001, mood mood DEFAULT 'good');
    INSERT INTO stock SELECT 'SKU-' || i, i - 3 FROM generate_series(1, 10) i;
    CREATE TABLE own (id int);
    CREATE VIEW low AS SELECT s.sku, s.on_hand FROM stock s WHERE s.on_hand < 0;
    CREATE VIEW lower_still AS SELECT sku FROM low WHERE on_hand < -1;
    CREATE VIEW noisy AS SELECT sku, pg_notify('channel', sku)::text AS heard FROM stock;
    CREATE VIEW noisier AS SELECT sku FROM noisy;
    CREATE MATERIALIZED VIEW kept AS SELECT sku FROM stock`);
  await store.grant();
});
afterAll(() => store?.drop());

const limits: InvariantLimits = {
  statementTimeoutMs: 10_000,
  lockTimeoutMs: 300,
  overrunMs: 20_000,
  maxRows: 100_000,
  maxKeys: 5,
  maxKeyChars: 20,
};
const run = (query: string, change: Partial<InvariantLimits> = {}, connection = 'store') =>
  openSqlInvariants(store.connect, { ...limits, ...change }).run(connection, query);
const refusal = (query: string) =>
  run(query).then(
    (result) => `ran: ${result.failing}`,
    (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
  );

describe('an invariant in SQL', () => {
  it('passes where it returns no row, and fails with the keys that it returns', async () => {
    expect(await run('SELECT sku FROM stock WHERE on_hand > 100')).toEqual({ failing: 0, failingKeys: [] });
    expect(await run('SELECT sku, on_hand FROM stock WHERE on_hand < 0 ORDER BY sku; -- failing')).toEqual({
      failing: 2,
      failingKeys: ['SKU-1', 'SKU-2'],
    });
  });

  it('counts exactly, beyond the keys that it fetches', async () => {
    const { failing, failingKeys } = await run('SELECT generate_series(1, 1234)');
    expect({ failing, keys: failingKeys.length }).toEqual({ failing: 1234, keys: 5 });
  });

  it('cuts a key that is long, and names one that is NULL', async () => {
    expect(await run("SELECT sku || 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' FROM stock WHERE on_hand = 0")).toEqual({
      failing: 1,
      failingKeys: ['SKU-3xxxxxxxxxxxxxxx'],
    });
    expect((await run('SELECT NULL')).failingKeys).toEqual(['NULL']);
  });

  it('may read enums, views on tables, materialized views, and its own WITH', async () => {
    expect((await run("SELECT sku FROM stock WHERE mood = 'bad'::mood")).failing).toBe(0);
    expect((await run('SELECT sku FROM lower_still')).failing).toBe(1);
    expect((await run('WITH kept2 AS (SELECT sku FROM kept) SELECT sku FROM kept2')).failing).toBe(10);
  });

  it('reads one snapshot and leaves nothing behind', async () => {
    await run('SELECT sku FROM stock');
    const { rows } = await store.owner.query(
      "SELECT 1 FROM pg_stat_activity WHERE usename = $1 AND application_name LIKE 'reprise-invariant-%' AND state = 'active'",
      [store.reader],
    );
    expect(rows).toEqual([]);
  });
});

describe('what the parser cannot see is refused by what the server knows', () => {
  it.each([
    ['a view that notifies', 'SELECT sku FROM noisy', 'view noisy, of which'],
    ['a view on such a view', 'SELECT sku FROM noisier', 'pg_notify'],
    ['column notation on a table', 'SELECT stock.pg_sleep FROM stock', 'pg_catalog.pg_sleep'],
    [
      'column notation on a function',
      'SELECT g.pg_sleep FROM unnest(ARRAY[3::float8]) g',
      'pg_catalog.pg_sleep',
    ],
    ['a domain', 'SELECT on_hand::checked FROM stock', 'type "checked"'],
    ['a table that is not there', 'SELECT x FROM nowhere', 'does not exist'],
    ['a column that is not there', 'SELECT nothing FROM stock', 'does not exist'],
  ])('%s', async (_what, query, words) => {
    const said = await refusal(query);
    expect(said).toMatch(/^invariant-refused/);
    expect(said).toContain(words);
  });

  it('a function of the store that would run in place of one on the list', async () => {
    await store.owner.query(
      `CREATE FUNCTION lower(mood) RETURNS text LANGUAGE sql AS $$ SELECT pg_notify('channel', 'x')::text $$`,
    );
    expect(await refusal('SELECT lower(mood) FROM stock')).toContain('public.lower could run in place');
    expect(await refusal('SELECT upper(sku) FROM stock')).toBe('ran: 10');
    await store.owner.query('DROP FUNCTION lower(mood)');
  });

  it('a function of the store that takes a whole row', async () => {
    await store.owner.query(
      `CREATE FUNCTION touched(stock) RETURNS text LANGUAGE sql AS $$ SELECT pg_notify('channel', 'x')::text $$`,
    );
    expect(await refusal('SELECT s.touched FROM stock s')).toContain('public.touched');
    await store.owner.query('DROP FUNCTION touched(stock)');
  });

  it('an operator of the store that would run in place of one of its own', async () => {
    await store.owner.query(`
      CREATE FUNCTION eq(mood, mood) RETURNS bool LANGUAGE sql AS 'SELECT true';
      CREATE OPERATOR = (LEFTARG = mood, RIGHTARG = mood, FUNCTION = eq)`);
    expect(await refusal('SELECT sku FROM stock WHERE mood = mood')).toContain('operator public.=');
    await store.owner.query('DROP OPERATOR = (mood, mood); DROP FUNCTION eq(mood, mood)');
  });

  it('a search_path that hides PostgreSQL behind another schema', async () => {
    await store.owner.query(`ALTER ROLE ${store.reader} SET search_path = public, pg_catalog`);
    expect(await refusal('SELECT sku FROM stock')).toContain('before pg_catalog');
    await store.owner.query(`ALTER ROLE ${store.reader} RESET search_path`);
  });
});

describe('the role', () => {
  it('is refused where it is a superuser, with what to do', async () => {
    await expect(run('SELECT sku FROM stock', {}, 'owner')).rejects.toMatchObject({
      code: 'invariant-refused',
      message: expect.stringContaining('is a superuser. Give this connection a role that can only read'),
    });
  });

  it.each(['INSERT', 'DELETE', 'TRUNCATE', 'UPDATE (on_hand)'])(
    'is refused where it has %s on a table that the statement reads, through a view too',
    async (right) => {
      await store.owner.query(`GRANT ${right} ON stock TO ${store.reader}`);
      expect(await refusal('SELECT sku FROM stock')).toContain('can write to stock');
      expect(await refusal('SELECT sku FROM lower_still')).toContain('can write to stock');
      await store.owner.query(`REVOKE ${right} ON stock FROM ${store.reader}`);
    },
  );

  it('from which a policy hides rows is refused, through a view of such a role too, and told what to do', async () => {
    await store.owner.query(`
      CREATE TABLE hidden (id int);
      INSERT INTO hidden VALUES (1), (-1);
      CREATE POLICY positive ON hidden USING (id > 0);
      ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
      CREATE VIEW behind WITH (security_invoker) AS SELECT id FROM hidden`);
    await store.grant();
    for (const table of ['hidden', 'behind']) {
      await expect(run(`SELECT id FROM ${table} WHERE id < 0`)).rejects.toMatchObject({
        code: 'derived-state-unavailable',
        message: expect.stringMatching(/table "hidden".*hides rows.*BYPASSRLS/),
      });
    }
  });

  it('that may not read is told so, and so is a store that does not answer', async () => {
    await store.owner.query(`REVOKE SELECT ON own FROM ${store.reader}`);
    await expect(run('SELECT id FROM own')).rejects.toMatchObject({
      code: 'derived-state-unavailable',
      message: expect.stringContaining('Grant the role SELECT'),
    });
    await expect(run('SELECT 1', {}, 'away')).rejects.toMatchObject({ code: 'derived-state-unavailable' });
  });
});

describe('a bomb', () => {
  const endless = 'WITH RECURSIVE t (n) AS (VALUES (1) UNION ALL SELECT n FROM t) SELECT count(*) FROM t';

  it('of rows is not counted for ever, and never too low', async () => {
    await expect(run('SELECT generate_series(1, 1000000000000)')).rejects.toMatchObject({
      code: 'derived-state-unavailable',
      message: expect.stringContaining('more than 100000 failing rows'),
    });
  });

  it('of time is ended by the server', async () => {
    await expect(run(endless, { statementTimeoutMs: 300 })).rejects.toThrow('ran longer than 300 ms');
  });

  it('of time is ended by the second connection where the server does not', async () => {
    const started = performance.now();
    await expect(run(endless, { overrunMs: 300 })).rejects.toThrow('ran longer than 300 ms');
    expect(performance.now() - started).toBeLessThan(4_000);
    const stillRunning = async () => {
      const { rowCount } = await store.owner.query(
        "SELECT FROM pg_stat_activity WHERE usename = $1 AND state = 'active' AND query LIKE '%reprise_failing%'",
        [store.reader],
      );
      return rowCount;
    };
    await expect.poll(stillRunning, { timeout: 5_000 }).toBe(0);
  });

  it('of text comes back cut', async () => {
    const wide = "SELECT string_agg(sku, '') FROM stock, generate_series(1, 100000)";
    const { failingKeys } = await run(wide);
    expect(failingKeys[0]).toHaveLength(20);
  });

  it('of locks is waited for briefly', async () => {
    const locker = await store.owner.connect();
    await locker.query('BEGIN; LOCK TABLE stock IN ACCESS EXCLUSIVE MODE');
    await expect(run('SELECT sku FROM stock')).rejects.toThrow('lock timeout');
    await locker.query('ROLLBACK');
    locker.release();
  });
});

describe('a statement whose time-out could be lifted', () => {
  it('stays under it, since the session is read-only and no function that sets it is reachable', async () => {
    const listener = new pg.Client(store.owner.options);
    await listener.connect();
    const heard: string[] = [];
    listener.on('notification', (message) => heard.push(message.channel));
    await listener.query('LISTEN channel');
    for (const sql of [
      "SELECT pg_notify('channel', 'x')",
      'SELECT sku FROM noisy',
      'SELECT 1; NOTIFY channel',
      "SELECT set_config('statement_timeout', '0', false)",
      'SELECT (1::float8).pg_sleep',
    ]) {
      expect(await refusal(sql)).toMatch(/^invariant-refused/);
    }
    await listener.query('SELECT 1');
    expect(heard).toEqual([]);
    await listener.end();
  });
});

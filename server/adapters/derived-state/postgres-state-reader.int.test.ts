import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { LiveRow } from '../../application/ports/derived-state.ts';
import {
  type PostgresState,
  perPartition,
  postgresState,
  transactionCursor,
} from '../../domain/contract/define.ts';
import { openScratchStore, type ScratchStore } from '../scratch-store.ts';
import { openDerivedStates } from './postgres-state-reader.ts';

let store: ScratchStore;
beforeAll(async () => {
  store = await openScratchStore(inject('databaseUrl'));
});
afterAll(() => store?.drop());

type Options = Partial<Parameters<typeof postgresState<unknown>>[0]>;
function stateOf(options: Options = {}): PostgresState<unknown> {
  return postgresState<unknown>({
    title: 'Selling',
    connection: 'store',
    table: 'stock',
    key: 'sku',
    fields: { sellable: { column: 'sellable', expected: () => 0 } },
    position: perPartition({ table: 'applied', where: { projector: 'selling' } }),
    ...options,
  });
}
const reader = () => openDerivedStates(store.connect);

async function allRows(state = stateOf(), batchRows = 3): Promise<LiveRow[]> {
  const limits = { statementTimeoutMs: 10_000, idleTimeoutMs: 10_000, batchRows };
  const snapshot = await openDerivedStates(store.connect, limits).openSnapshot(state);
  try {
    const rows: LiveRow[] = [];
    for await (const batch of snapshot.rows()) {
      expect(batch.length).toBeLessThanOrEqual(batchRows);
      rows.push(...batch);
    }
    return rows;
  } finally {
    await snapshot.close();
  }
}
const keysOf = (rows: readonly LiveRow[]) => rows.map((row) => row.key);

beforeEach(async () => {
  await store.owner.query(`
    DROP TABLE IF EXISTS stock, applied, ledger_cursor, kinds, twins, numbered;
    CREATE TABLE stock (sku text PRIMARY KEY, sellable integer);
    CREATE TABLE applied (projector text, partition integer, next_offset bigint, PRIMARY KEY (projector, partition));
    CREATE TABLE ledger_cursor (id integer PRIMARY KEY, transaction_id xid8, position bigint);
    INSERT INTO stock VALUES ('b', 2), ('A', 1), ('ä', 4), ('a', NULL), ('𝄞', 5), ('｡', 6);
    INSERT INTO applied VALUES ('selling', 0, 12), ('selling', 1, 9007199254740993), ('warehouse', 0, 3)`);
  await store.grant();
});

describe('the rows of a derived state', () => {
  it('come in byte order of their key, in batches', async () => {
    const rows = await allRows();
    expect(rows).toHaveLength(6);
    expect(keysOf(rows)).toEqual(['A', 'a', 'b', 'ä', '｡', '𝄞']);
    const bytes = keysOf(rows).map((key) => Buffer.from(key));
    expect([...bytes].sort(Buffer.compare)).toEqual(bytes);
    expect(rows.map((row) => row.fields.sellable)).toEqual([1, null, 2, 4, 6, 5]);
  });

  it('are none where the table is empty', async () => {
    await store.owner.query('TRUNCATE stock');
    expect(await allRows()).toEqual([]);
  });

  it('come with every column as what it is compared as', async () => {
    await store.owner.query(`
      CREATE TABLE kinds (
        id uuid PRIMARY KEY, small smallint, big bigint, huge bigint, price numeric(12, 2), exact numeric, ratio float8,
        nan float8, yes boolean, day date, at timestamptz, micro timestamptz, local timestamp, note json);
      INSERT INTO kinds VALUES ('00000000-0000-4000-8000-000000000001', -3, 12, 9007199254740993, 12.50,
        0.1000000000000000055, 0.1, 'NaN', true, '2026-03-01', '2026-03-01T10:00:00+02', '2026-03-01T08:00:00.123456Z',
        '2026-03-01 08:00:00.5', '{"a": 1}')`);
    await store.grant();
    const names = [
      'small',
      'big',
      'huge',
      'price',
      'exact',
      'ratio',
      'nan',
      'yes',
      'day',
      'at',
      'micro',
      'local',
      'note',
    ];
    const fields = Object.fromEntries(names.map((column) => [column, { column, expected: () => 0 }]));
    const [row] = await allRows(stateOf({ table: 'public.kinds', key: 'id', fields }));
    expect(row).toStrictEqual({
      key: '00000000-0000-4000-8000-000000000001',
      fields: {
        small: -3,
        big: 12,
        huge: '9007199254740993',
        price: 12.5,
        exact: '0.1000000000000000055',
        ratio: 0.1,
        nan: 'NaN',
        yes: true,
        day: '2026-03-01',
        at: '2026-03-01T08:00:00.000Z',
        micro: '2026-03-01T08:00:00.123456Z',
        local: '2026-03-01T08:00:00.500',
        note: '{"a": 1}',
      },
    });
    expect(row?.fields.at).toBe(new Date('2026-03-01T08:00:00Z').toISOString());
  });

  it('are found by key, whatever the type of the key', async () => {
    const snapshot = await reader().openSnapshot(stateOf());
    expect(keysOf(await snapshot.rowsOf(['ä', 'A', 'none', 'nul\0']))).toEqual(['A', 'ä']);
    expect(await snapshot.rowsOf([])).toEqual([]);
    await snapshot.close();
    await store.owner.query(
      'CREATE TABLE numbered (id bigint PRIMARY KEY, n numeric); INSERT INTO numbered VALUES (7, 1), (10, 2)',
    );
    await store.grant();
    const numbered = stateOf({
      table: 'numbered',
      key: 'id',
      fields: { n: { column: 'n', expected: () => 0 } },
    });
    expect(await reader().rowsOf(numbered, ['10', '7', '007', 'seven'])).toEqual([
      { key: '10', fields: { n: 2 } },
      { key: '7', fields: { n: 1 } },
    ]);
  });

  it.each([
    ['smallint', 16n],
    ['integer', 32n],
    ['bigint', 64n],
  ])('are found by every key that a %s can hold, and by none beyond', async (type, bits) => {
    const most = 2n ** (bits - 1n) - 1n;
    const longest = 10n ** BigInt(String(most).length - 1);
    const held = [-most - 1n, -longest, -longest + 1n, -1n, 0n, 1n, longest - 1n, longest, most].map(String);
    await store.owner.query(`CREATE TABLE numbered (id ${type} PRIMARY KEY, n integer)`);
    await store.owner.query(`INSERT INTO numbered SELECT unnest($1::${type}[]), 1`, [held]);
    await store.grant();
    const fields = { n: { column: 'n', expected: () => 0 } };
    const numbered = stateOf({ table: 'numbered', key: 'id', fields });
    const none = [most + 1n, -most - 2n, 10n * most, 10n ** 30n].map(String);
    const found = keysOf(await reader().rowsOf(numbered, [...held, ...none, '-0', '+1', '01', '1.0', '']));
    expect(found).toEqual(held.toSorted());
  });

  it('are refused where a key has two rows, or a row no key', async () => {
    await store.owner.query(`CREATE TABLE twins (sku text, sellable int);
      INSERT INTO twins VALUES ('a', 1), ('b', 1), ('c', 1), ('c', 2)`);
    await store.grant();
    const twins = stateOf({ table: 'twins' });
    await expect(allRows(twins)).rejects.toMatchObject({
      code: 'derived-state-unavailable',
      message: expect.stringContaining('key c has more than one row'),
    });
    await expect(reader().rowsOf(twins, ['c'])).rejects.toThrow('key c has more than one row');
    await store.owner.query(`TRUNCATE twins; INSERT INTO twins VALUES (NULL, 1)`);
    await expect(allRows(twins)).rejects.toThrow('a row has no key');
  });
});

describe('a snapshot', () => {
  it('holds position and rows of one moment, whatever is written meanwhile', async () => {
    const snapshot = await reader().openSnapshot(stateOf());
    await store.owner.query(`
      UPDATE stock SET sellable = 99;
      INSERT INTO stock VALUES ('new', 1);
      UPDATE applied SET next_offset = 1000`);
    expect(snapshot.appliedAt).toEqual({
      kind: 'per-partition',
      next: new Map([
        [0, 12n],
        [1, 9007199254740993n],
      ]),
    });
    for (let time = 0; time < 2; time += 1) {
      const rows: LiveRow[] = [];
      for await (const batch of snapshot.rows()) rows.push(...batch);
      expect(rows.map((row) => row.fields.sellable)).toEqual([1, null, 2, 4, 6, 5]);
    }
    expect(keysOf(await snapshot.rowsOf(['new']))).toEqual([]);
    await snapshot.close();
    await snapshot.close();
  });

  it('holds a cursor of transaction and position where that is what the projector keeps', async () => {
    const position = transactionCursor({ table: 'ledger_cursor' });
    const before = await reader().openSnapshot(stateOf({ position }));
    expect(before.appliedAt).toEqual({ kind: 'transaction', transactionId: 0n, position: 0n });
    await before.close();
    await store.owner.query(`INSERT INTO ledger_cursor VALUES (1, '18446744073709551615', 42)`);
    const after = await reader().openSnapshot(stateOf({ position }));
    expect(after.appliedAt).toEqual({ kind: 'transaction', transactionId: 2n ** 64n - 1n, position: 42n });
    await after.close();
  });

  it('says that there is no position where the contract names none', async () => {
    const { position: _, ...without } = stateOf();
    const snapshot = await reader().openSnapshot({ ...without, position: null });
    expect(snapshot.appliedAt).toEqual({ kind: 'none' });
    await snapshot.close();
  });

  it('cannot write', async () => {
    await store.owner.query(
      `CREATE OR REPLACE FUNCTION touch() RETURNS int LANGUAGE sql VOLATILE AS 'DELETE FROM stock RETURNING 1'`,
    );
    await store.owner.query('CREATE OR REPLACE VIEW sneaky AS SELECT sku, touch() AS sellable FROM stock');
    await expect(allRows(stateOf({ connection: 'owner', table: 'sneaky' }))).rejects.toThrow(
      'read-only transaction',
    );
    await store.owner.query('DROP VIEW sneaky; DROP FUNCTION touch()');
  });

  it('is refused where its position is ambiguous or no number', async () => {
    await expect(
      reader().openSnapshot(stateOf({ position: perPartition({ table: 'applied' }) })),
    ).rejects.toThrow('there should be one row for partition 0');
    await store.owner.query('UPDATE applied SET next_offset = NULL');
    await expect(reader().openSnapshot(stateOf())).rejects.toThrow('the applied position is NULL');
  });

  it('ends with a named error, and not with the process, when its store goes away', async () => {
    const snapshot = await reader().openSnapshot(stateOf());
    await store.owner.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [
      store.reader,
    ]);
    await expect(snapshot.rowsOf(['a'])).rejects.toMatchObject({ code: 'derived-state-unavailable' });
    await snapshot.close();
    expect(await allRows()).toHaveLength(6);
  });

  it('outlives the time that it may lie unused where it is kept open, and no longer', async () => {
    const limits = { statementTimeoutMs: 10_000, idleTimeoutMs: 400, batchRows: 3 };
    const open = () => openDerivedStates(store.connect, limits).openSnapshot(stateOf());
    const [kept, forgotten] = [await open(), await open()];
    for (let time = 0; time < 10; time += 1) {
      await sleep(100);
      await kept.stayOpen();
    }
    expect(await kept.rowsOf(['a'])).toHaveLength(1);
    await expect(forgotten.stayOpen()).rejects.toMatchObject({ code: 'derived-state-unavailable' });
    await kept.close();
    await forgotten.close();
  });

  it('gives its connections back, however often it is taken and left half read', async () => {
    for (let time = 0; time < 12; time += 1) {
      const snapshot = await reader().openSnapshot(stateOf());
      for await (const _ of snapshot.rows()) break;
      await snapshot.close();
      await expect(reader().openSnapshot(stateOf({ table: 'none' }))).rejects.toThrow();
    }
  });
});

describe('what a contract names wrongly', () => {
  const refused = (options: Options) => expect(reader().openSnapshot(stateOf(options))).rejects;

  it('is named with connection, table, column and remedy', async () => {
    await refused({ table: 'no.such' }).toMatchObject({ where: 'store: no.such' });
    await refused({ fields: { x: { column: 'sellabel', expected: () => 0 } } }).toMatchObject({
      where: 'store: stock.sellabel',
      message: expect.stringContaining('Its columns are sku, sellable'),
    });
    await refused({ position: perPartition({ table: 'applied', next: 'offset' }) }).toMatchObject({
      where: 'store: applied.offset',
    });
    await refused({ connection: 'away' }).toMatchObject({
      message: expect.stringContaining('address in the settings'),
    });
    await store.owner.query(`REVOKE SELECT ON applied FROM ${store.reader}`);
    await refused({}).toThrow('Grant the role SELECT');
  });

  it('cannot break out of its quotes', async () => {
    await refused({ table: 'stock"; DROP TABLE stock; --' }).toThrow('there is no such table');
    await refused({ key: 'sku" FROM stock; DROP TABLE stock; --' }).toThrow('there is no column');
    expect(await allRows()).toHaveLength(6);
  });
});

describe('row-level security', () => {
  it.each(['stock', 'applied'])(
    'on %s is refused rather than rows hidden by it being missed',
    async (table) => {
      await store.owner.query(`
      CREATE POLICY few ON ${table} USING (${table === 'stock' ? `sku <> 'b'` : 'partition <> 1'});
      ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      const said = { code: 'derived-state-unavailable', message: expect.stringContaining('BYPASSRLS') };
      await expect(allRows()).rejects.toMatchObject(said);
      await expect(reader().tryReading(stateOf())).rejects.toMatchObject(said);
      expect(await reader().readiness('selling', stateOf())).toMatchObject([
        { outcome: 'failed', found: expect.stringContaining('BYPASSRLS') },
      ]);
      if (table === 'stock') await expect(reader().rowsOf(stateOf(), ['b'])).rejects.toMatchObject(said);
    },
  );
});

describe('readiness of a derived state', () => {
  const outcomes = async (state = stateOf()) =>
    (await reader().readiness('selling', state)).map((check) => check.outcome);

  it('passes one whose table, position and role are as they should be', async () => {
    expect(await outcomes()).toEqual(['passed', 'passed', 'passed', 'passed']);
  });

  it('tells what is missing, and what the role may do too much', async () => {
    await store.owner.query('ALTER TABLE stock DROP CONSTRAINT stock_pkey; DELETE FROM applied');
    await store.owner.query(`GRANT INSERT ON applied TO ${store.reader}`);
    expect(await outcomes()).toEqual(['passed', 'warning', 'warning', 'failed']);
    expect(await outcomes(stateOf({ connection: 'owner' }))).toContain('failed');
    expect(await outcomes({ ...stateOf(), position: null })).toEqual([
      'passed',
      'warning',
      'warning',
      'passed',
    ]);
    expect(await outcomes(stateOf({ table: 'none' }))).toEqual(['failed']);
  });

  it('fails one that the role can see and not read, and so does trying to read it', async () => {
    await expect(reader().tryReading(stateOf())).resolves.toBeUndefined();
    await store.owner.query(`REVOKE SELECT ON stock FROM ${store.reader}`);
    expect(await outcomes()).toEqual(['failed']);
    await expect(reader().tryReading(stateOf())).rejects.toThrow('Grant the role SELECT');
  });
});

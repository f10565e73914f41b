import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { PromotionAttempt } from '../../../application/ports/promotion-target.ts';
import { perPartition, postgresState } from '../../../domain/contract/define.ts';
import type { PostgresState } from '../../../domain/contract/index.ts';
import type { Write } from '../../../domain/promotion/index.ts';
import { createScratchDatabase, type ScratchDatabase } from '../../postgres/scratch-database.ts';
import { openPostgresTarget } from './postgres-target.ts';
import { targetMigration } from './target-statements.ts';

let database: ScratchDatabase;
let owner: pg.Pool;
let promoter: pg.Pool;
const role = `promoter_${randomUUID().slice(0, 8)}`;

const state = postgresState<unknown>({
  title: 'Ledger',
  connection: 'shop',
  table: 'books.ledger',
  key: 'id',
  fields: {
    amount: { column: 'amount', expected: () => null },
    open: { column: 'is open', expected: () => null },
    since: { column: 'since', expected: () => null },
    mood: { column: 'mood', expected: () => null },
    note: { column: 'note', expected: () => null },
  },
  position: perPartition({ table: 'books.positions' }),
}) as PostgresState<unknown>;

beforeAll(async () => {
  database = await createScratchDatabase(inject('databaseUrl'));
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 3 });
  await owner.query(`
    CREATE SCHEMA books;
    CREATE TYPE books.mood AS ENUM ('calm', 'cross');
    CREATE TABLE books.ledger (id uuid PRIMARY KEY, amount numeric(12, 2), "is open" boolean, since timestamptz,
      mood books.mood, note varchar(5), untouched text DEFAULT 'as it was');
    CREATE TABLE books.positions (partition int PRIMARY KEY, next_offset bigint NOT NULL);
    CREATE ROLE ${role} LOGIN PASSWORD 'a-password';
    GRANT USAGE ON SCHEMA books TO ${role}`);
  // What docs/promotion.md prints is what makes it work.
  await owner.query(targetMigration(state, role));
  const url = new URL(database.ownerUrl);
  url.username = role;
  url.password = 'a-password';
  promoter = new pg.Pool({ connectionString: url.href, max: 4 });
});
afterAll(async () => {
  await promoter.end();
  await owner.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await owner.end();
  await database.drop();
});
beforeEach(() =>
  owner.query(`TRUNCATE books.ledger, books.positions; INSERT INTO books.positions VALUES (0, 7)`),
);

const target = () => openPostgresTarget(() => promoter);
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const attempt = (promotionId: string, token: bigint, writes: readonly Write[]): PromotionAttempt => ({
  promotionId,
  token,
  keys: writes.map(({ key }) => key),
  undoes: null,
  holdMs: 5_000,
  at: async () => undefined,
  decide: async () => ({ writes, outcome: { told: token.toString() } }),
});
const row = { amount: 12.5, open: true, since: '2026-03-01T12:00:00.000Z', mood: 'calm', note: 'abc' };
const insert = (n: number, fields: Extract<Write, { kind: 'insert' }>['fields'] = row): Write => ({
  kind: 'insert',
  key: id(n),
  fields,
});
const rows = async () => (await owner.query('SELECT * FROM books.ledger ORDER BY id')).rows;

/** Fences and writes. */
async function promote(writes: readonly Write[]) {
  const promotionId = randomUUID();
  expect(await target().fence(state, promotionId, 1n)).toEqual({ kind: 'held' });
  return target().promote(state, attempt(promotionId, 1n, writes));
}

describe('the token of a promotion in its target', () => {
  it('is worthless once a later one was here, whatever became of that', async () => {
    const promotionId = randomUUID();
    await target().fence(state, promotionId, 5n);
    await target().fence(state, promotionId, 6n);
    expect(await target().fence(state, promotionId, 5n)).toEqual({ kind: 'stale' });
    expect(await target().promote(state, attempt(promotionId, 5n, [insert(1)]))).toEqual({ kind: 'stale' });
    expect(await rows()).toEqual([]);
    expect(await target().promote(state, attempt(promotionId, 6n, [insert(1)]))).toMatchObject({
      kind: 'written',
      written: { token: '6', outcome: { told: '6' } },
    });
  });

  it('finds what was written before, and writes it no second time', async () => {
    const promotionId = randomUUID();
    await target().fence(state, promotionId, 5n);
    await target().promote(state, attempt(promotionId, 5n, [insert(1)]));
    const update: Write = { kind: 'update', key: id(1), fields: { amount: 99 } };
    expect(await target().fence(state, promotionId, 6n)).toMatchObject({
      kind: 'written',
      written: { token: '5', outcome: { told: '5' } },
    });
    expect(await target().promote(state, attempt(promotionId, 6n, [update]))).toMatchObject({
      kind: 'written',
      written: { token: '5' },
    });
    expect(await rows()).toMatchObject([{ amount: '12.50' }]);
  });

  it('is good for one of twenty that write at once', async () => {
    const promotionId = randomUUID();
    await target().fence(state, promotionId, 1n);
    const all = await Promise.all(
      Array.from({ length: 20 }, () => target().promote(state, attempt(promotionId, 1n, [insert(1)]))),
    );
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(['written']));
    expect(await rows()).toHaveLength(1);
  });
});

describe('a target from which a policy hides rows', () => {
  it('is not promoted: a hidden row would look missing', async () => {
    await promote([insert(1)]);
    await owner.query(`
      CREATE POLICY few ON books.ledger USING (note <> 'abc');
      ALTER TABLE books.ledger ENABLE ROW LEVEL SECURITY`);
    try {
      const said = { code: 'promotion-target-unfit', message: expect.stringContaining('BYPASSRLS') };
      await expect(target().check(state, new Set(['update'] as const))).rejects.toMatchObject(said);
      await expect(promote([insert(1)])).rejects.toMatchObject(said);
    } finally {
      await owner.query(
        'ALTER TABLE books.ledger DISABLE ROW LEVEL SECURITY; DROP POLICY few ON books.ledger',
      );
    }
  });
});

describe('what is written', () => {
  it('arrives in columns of every kind as it was given, and touches no other column', async () => {
    await promote([insert(1), insert(2, { ...row, amount: '9007199254740993.25'.slice(0, 10), note: null })]);
    await promote([
      { kind: 'update', key: id(1), fields: { amount: -3, open: false, since: null, mood: 'cross' } },
      { kind: 'delete', key: id(2) },
    ]);
    expect(await rows()).toEqual([
      {
        id: id(1),
        amount: '-3.00',
        'is open': false,
        since: null,
        mood: 'cross',
        note: 'abc',
        untouched: 'as it was',
      },
    ]);
  });

  it('is read again: what a column rounds is refused, and nothing of it stays', async () => {
    await expect(promote([insert(1), insert(2, { ...row, amount: 1.005 })])).rejects.toMatchObject({
      code: 'promotion-target-unfit',
      message: expect.stringContaining('does not keep what is written'),
    });
    expect(await rows()).toEqual([]);
  });

  it.each([
    ['a text that is too long', { ...row, note: 'much too long' }, /too long/],
    [
      'a word that the type does not know',
      { ...row, mood: 'merry' },
      /none that the type of its column knows/,
    ],
  ])('is refused whole with %s, and says what was wrong', async (_, fields, why) => {
    await expect(promote([insert(1), insert(2, fields)])).rejects.toThrow(why);
    expect(await rows()).toEqual([]);
  });

  it('is found by a key of fixed length', async () => {
    await owner.query(`
      CREATE TABLE books.shelf (code char(5) PRIMARY KEY, amount numeric(12, 2));
      INSERT INTO books.shelf VALUES ('ab', 1), ('a', 1);
      GRANT ALL ON books.shelf TO ${role}`);
    const shelf = { ...state, table: 'books.shelf', key: 'code', fields: { amount: state.fields.amount } };
    const promotionId = randomUUID();
    await target().fence(shelf as typeof state, promotionId, 1n);
    const writes: Write[] = [{ kind: 'update', key: 'ab', fields: { amount: 2 } }];
    await target().promote(shelf as typeof state, attempt(promotionId, 1n, writes));
    const { rows: found } = await owner.query('SELECT code, amount FROM books.shelf ORDER BY code');
    expect(found).toEqual([
      { code: 'a    ', amount: '1.00' },
      { code: 'ab   ', amount: '2.00' },
    ]);
  });

  it('is no more than can be recorded: nothing of it stays', async () => {
    const promotionId = randomUUID();
    await target().fence(state, promotionId, 1n);
    const promoting = target().promote(state, {
      ...attempt(promotionId, 1n, [insert(1)]),
      decide: async () => ({ writes: [insert(1)], outcome: 'x'.repeat(33 * 1024 * 1024) }),
    });
    await expect(promoting).rejects.toMatchObject({
      code: 'promotion-overtaken',
      message: expect.stringContaining('Promote fewer keys at once'),
    });
    expect(await rows()).toEqual([]);
  });

  it('is as many as ten thousand rows', async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => insert(n));
    expect(await promote(many)).toMatchObject({ kind: 'written' });
    expect(await rows()).toHaveLength(10_000);
    await promote(many.map(({ key }): Write => ({ kind: 'update', key, fields: { amount: 1 } })));
    const { rows: sums } = await owner.query('SELECT sum(amount) FROM books.ledger');
    expect(sums).toEqual([{ sum: '10000.00' }]);
  });
});

describe('a target that is not fit', () => {
  const all = new Set(['update', 'insert', 'delete'] as const);

  it('is named with the right that this very promotion lacks', async () => {
    await owner.query(`REVOKE INSERT, DELETE ON books.ledger FROM ${role}`);
    await expect(target().check(state, all)).rejects.toThrow(/lacks INSERT and DELETE on books.ledger/);
    await expect(target().check(state, new Set(['delete'] as const))).rejects.toThrow(/lacks DELETE on/);
    await expect(target().check(state, new Set(['update'] as const))).resolves.toBeUndefined();
    await owner.query(`GRANT INSERT, DELETE ON books.ledger TO ${role}`);
  });

  it('is named with what it lacks', async () => {
    await expect(target().check({ ...state, position: null }, all)).rejects.toThrow(
      /says no applied position/,
    );
    await expect(target().check({ ...state, table: 'books.nothing' }, all)).rejects.toThrow(/no such table/);
    await owner.query(`REVOKE UPDATE ON books.positions FROM ${role}`);
    await expect(target().check(state, all)).rejects.toThrow(/lacks UPDATE on books.positions/);
    await owner.query(`GRANT UPDATE ON books.positions TO ${role}`);
    await expect(target().check(state, all)).resolves.toBeUndefined();
  });

  it('is named with the columns that the role may not write', async () => {
    const ways = (...kinds: Write['kind'][]) => target().check(state, new Set(kinds));
    await owner.query(`REVOKE INSERT, UPDATE ON books.ledger FROM ${role};
      GRANT INSERT (id, amount, "is open", since, mood), UPDATE (amount, "is open", since, mood, untouched)
        ON books.ledger TO ${role}`);
    try {
      await expect(ways('update')).rejects.toThrow(/lacks UPDATE \(note\) on books.ledger/);
      await expect(ways('insert', 'update')).rejects.toThrow(/lacks UPDATE \(note\) and INSERT \(note\) on/);
      // To lock a row takes the right to change any column of it.
      await expect(ways('delete')).resolves.toBeUndefined();
      await owner.query(`GRANT INSERT (note), UPDATE (note) ON books.ledger TO ${role}`);
      await expect(ways('insert', 'update')).resolves.toBeUndefined();
    } finally {
      await owner.query(`GRANT INSERT, UPDATE ON books.ledger TO ${role}`);
    }
  });

  it('takes no new row where a column that the contract does not map has to have a value', async () => {
    const ways = (...kinds: Write['kind'][]) => target().check(state, new Set(kinds));
    await owner.query(`CREATE DOMAIN books.origin AS text DEFAULT 'here' NOT NULL;
      ALTER TABLE books.ledger ADD COLUMN shop text NOT NULL, ADD COLUMN number int GENERATED ALWAYS AS IDENTITY,
        ADD COLUMN at timestamptz NOT NULL DEFAULT now(), ADD COLUMN doubled numeric NOT NULL GENERATED ALWAYS AS (2) STORED,
        ADD COLUMN origin books.origin`);
    try {
      await expect(ways('insert')).rejects.toMatchObject({
        code: 'promotion-target-unfit',
        message: expect.stringContaining('column shop may not be empty'),
      });
      await expect(ways('update', 'delete')).resolves.toBeUndefined();
      // Whatever fills it before it is looked at may do so.
      await owner.query(`CREATE FUNCTION books.fill() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.shop := 'a'; RETURN NEW; END $$;
        CREATE TRIGGER fill BEFORE INSERT ON books.ledger FOR EACH ROW EXECUTE FUNCTION books.fill()`);
      await expect(ways('insert')).resolves.toBeUndefined();
      await promote([insert(1)]);
    } finally {
      await owner.query(`TRUNCATE books.ledger; DROP TRIGGER IF EXISTS fill ON books.ledger;
        ALTER TABLE books.ledger DROP COLUMN shop, DROP COLUMN number, DROP COLUMN at, DROP COLUMN doubled, DROP COLUMN origin`);
    }
  });

  it('without a unique key is refused, since one key could be two rows', async () => {
    await owner.query('CREATE TABLE books.twins (LIKE books.ledger)');
    await owner.query(`GRANT ALL ON books.twins TO ${role}`);
    await expect(target().check({ ...state, table: 'books.twins' }, all)).rejects.toThrow(
      /two rows from having one id/,
    );
  });
});

describe('a row that other rows hang on', () => {
  const deleting: Write = { kind: 'delete', key: id(1) };
  const said = (does: string) => ({
    code: 'promotion-target-unfit',
    message: expect.stringContaining(`table books.lines, where its foreign key lines_of ${does}`),
  });

  it.each([
    ['CASCADE', 'deletes rows'],
    ['SET NULL', 'empties columns'],
    ['SET DEFAULT', 'sets columns to their defaults'],
  ])('is not deleted ON DELETE %s: nobody has seen nor approved what goes with it', async (action, does) => {
    await promote([insert(1)]);
    await owner.query(`CREATE TABLE books.lines (ledger uuid DEFAULT NULL
      CONSTRAINT lines_of REFERENCES books.ledger ON DELETE ${action});
      INSERT INTO books.lines VALUES ('${id(1)}')`);
    try {
      const ways = (...kinds: Write['kind'][]) => target().check(state, new Set(kinds));
      await expect(ways('delete')).rejects.toMatchObject(said(does));
      await expect(ways('update', 'insert')).resolves.toBeUndefined();
      // It may have come to be since somebody asked.
      await expect(promote([deleting])).rejects.toMatchObject(said(does));
      expect(await rows()).toHaveLength(1);
      expect((await owner.query('SELECT ledger FROM books.lines')).rows).toEqual([{ ledger: id(1) }]);
      await promote([{ kind: 'update', key: id(1), fields: { amount: 2 } }]);
    } finally {
      await owner.query('DROP TABLE books.lines');
    }
  });

  it('is deleted where the reference refuses by itself what it would leave dangling', async () => {
    await promote([insert(1), insert(2)]);
    await owner.query(`CREATE TABLE books.lines (ledger uuid REFERENCES books.ledger);
      INSERT INTO books.lines VALUES ('${id(2)}')`);
    try {
      await target().check(state, new Set(['delete']));
      await promote([deleting]);
      await expect(promote([{ kind: 'delete', key: id(2) }])).rejects.toThrow(/a foreign key refuses/);
      expect(await rows()).toHaveLength(1);
    } finally {
      await owner.query('DROP TABLE books.lines');
    }
  });
});

describe('a projector that is at work', () => {
  it('is waited for, and its position is read as it has committed it', async () => {
    const projector = await owner.connect();
    await projector.query('BEGIN; UPDATE books.positions SET next_offset = 8');
    const promotionId = randomUUID();
    await target().fence(state, promotionId, 1n);
    let seen: unknown = null;
    const promoting = target().promote(state, {
      ...attempt(promotionId, 1n, []),
      decide: async (appliedAt) => {
        seen = appliedAt;
        return { writes: [], outcome: null };
      },
    });
    await new Promise((done) => setTimeout(done, 300));
    expect(seen).toBeNull();
    await projector.query('COMMIT');
    projector.release();
    await promoting;
    expect(seen).toEqual({ kind: 'per-partition', next: new Map([[0, 8n]]) });
  });

  it('is not held up for ever by a decision that does not come: the server lets it go', async () => {
    const promotionId = randomUUID();
    await target().fence(state, promotionId, 1n);
    const promoting = target().promote(state, {
      ...attempt(promotionId, 1n, [insert(1)]),
      holdMs: 200,
      decide: async () => {
        await new Promise((done) => setTimeout(done, 3_500));
        return { writes: [insert(1)], outcome: null };
      },
    });
    await expect(promoting).rejects.toMatchObject({ code: 'derived-state-unavailable' });
    expect(await rows()).toEqual([]);
    await owner.query('UPDATE books.positions SET next_offset = 9');
  });

  it('is held up by slow writing for no longer than was said, and not again', async () => {
    await owner.query(`
      CREATE FUNCTION books.slow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$;
      CREATE TRIGGER slow BEFORE INSERT ON books.ledger FOR EACH ROW EXECUTE FUNCTION books.slow()`);
    const promotionId = randomUUID();
    await target().fence(state, promotionId, 1n);
    const many = Array.from({ length: 100 }, (_, n) => insert(n));
    const refused = expect(
      target().promote(state, { ...attempt(promotionId, 1n, many), holdMs: 1_000 }),
    ).rejects.toMatchObject({
      code: 'promotion-overtaken',
      message: expect.stringContaining('within the 1 s that a projector may be made to wait'),
    });
    await new Promise((done) => setTimeout(done, 300));
    const sinceMs = performance.now();
    await owner.query('UPDATE books.positions SET next_offset = 9');
    expect(performance.now() - sinceMs).toBeLessThan(3_000);
    await refused;
    await owner.query('DROP FUNCTION books.slow CASCADE');
    expect(await rows()).toEqual([]);
  });
});

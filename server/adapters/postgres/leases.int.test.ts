import type pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { leases } from './leases.ts';
import { createPool } from './pool.ts';
import { createMigratedDatabase, type ScratchDatabase } from './scratch-database.ts';
import { createUnitOfWork } from './unit-of-work.ts';

let database: ScratchDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = createPool(database.url, { name: 'test', max: 8, report: () => undefined });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const hold = (name: string, holder: string, ms: number) =>
  createUnitOfWork(pool).run((tx) => leases.hold(tx, name, holder, ms));

it('is one holder’s until it runs out, and may be held on', async () => {
  expect(await hold('lag', 'one', 60_000)).toBe(true);
  expect(await hold('lag', 'two', 60_000)).toBe(false);
  expect(await hold('lag', 'one', 50)).toBe(true);
  await expect.poll(() => hold('lag', 'two', 60_000), { timeout: 5_000 }).toBe(true);
  expect(await hold('lag', 'one', 60_000)).toBe(false);
});

it('is given back by who holds it alone', async () => {
  await hold('budgets', 'one', 60_000);
  const release = (holder: string) =>
    createUnitOfWork(pool).run((tx) => leases.release(tx, 'budgets', holder));
  await release('two');
  expect(await hold('budgets', 'two', 60_000)).toBe(false);
  await release('one');
  expect(await hold('budgets', 'two', 60_000)).toBe(true);
});

it('is one holder’s however many ask at once', async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, at) => hold('losses', `worker ${at}`, 60_000)),
  );
  expect(answers.filter((each) => each)).toHaveLength(1);
});

it('are all given back by a holder that leaves, and those of others stay', async () => {
  for (const name of ['a', 'b']) expect(await hold(name, 'leaving', 60_000)).toBe(true);
  expect(await hold('c', 'staying', 60_000)).toBe(true);
  expect(await createUnitOfWork(pool).run((tx) => leases.releaseAll(tx, 'leaving'))).toBe(2);
  expect(await hold('a', 'leaving', 60_000)).toBe(false);
  for (const name of ['a', 'b']) expect(await hold(name, 'next', 60_000)).toBe(true);
  expect(await hold('c', 'next', 60_000)).toBe(false);
});

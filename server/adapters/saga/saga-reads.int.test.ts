import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { KeptRun } from '../../application/ports/sagas.ts';
import { createSagaQueries } from '../../application/saga/read-sagas.ts';
import type { Saga } from '../../domain/contract/index.ts';
import { evolve, type SagaRun } from '../../domain/saga/index.ts';
import { createPool } from '../postgres/pool.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../postgres/scratch-database.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { sagaReads } from './saga-reads.ts';
import { sagaStore } from './saga-store.ts';

const saga: Saga = {
  title: 'A trip',
  steps: [
    { step: 'book', done: 'Booked', compensated: 'Unbooked', compensationFailed: 'UnbookFailed' },
    { step: 'fly', done: 'Flown', compensated: null, compensationFailed: null },
  ],
  completed: ['Flown'],
  cancelled: ['Unbooked'],
  limitMs: 60_000,
};
const start = Date.parse('2026-03-01T00:00:00Z');
const now = start + 3_600_000;

let database: ScratchDatabase;
let pool: ReturnType<typeof createPool>;
let queries: ReturnType<typeof createSagaQueries>;

/** What events make of a saga, kept as a worker keeps it. */
async function keep(key: string, types: string, atMs: number, offset: number): Promise<void> {
  let run: SagaRun | null = null;
  const names = types.split(' ');
  const events = names.map((type, at) => {
    const evolved = evolve(saga, run, { id: `${key}/${at}`, type, key, atMs: atMs + at, isReadable: true });
    run = evolved.run;
    const { roles, oddities } = evolved;
    return { key, eventId: `${key}/${at}`, type, offset: offset + at, atMs: atMs + at, roles, oddities };
  });
  const kept: KeptRun[] =
    run === null ? [] : [{ run, lastType: names.at(-1) ?? '', lastOffset: offset + names.length - 1 }];
  await createUnitOfWork(pool).run((tx) =>
    sagaStore.keep(tx, {
      contractId: 'trips',
      identity: 'topic',
      partition: 0,
      events,
      runs: kept,
      from: null,
      next: BigInt(offset + names.length),
      missed: 0n,
      unread: 0n,
    }),
  );
}

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = createPool(database.url, { name: 'test', max: 4, report: () => undefined });
  const unitOfWork = createUnitOfWork(pool);
  queries = createSagaQueries({ unitOfWork, sagas: sagaReads });
  await pool.query(
    `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
     VALUES ('trips', 1, encode(sha256('code'), 'hex'), 'code', $1, '{}')`,
    [{ title: 'Trips', watch: { saga } }],
  );
  await unitOfWork.run((tx) => sagaStore.begin(tx, 'trips', 'topic'));
  await keep('T-1', 'Booked', start, 0);
  await keep('T-2', 'Booked Flown', start + 1_000, 10);
  await keep('T-3', 'Booked UnbookFailed', start + 2_000, 20);
  await keep('T-4', 'Flown', start + 3_000, 30);
  await keep('T-5', 'Booked', now - 1_000, 40);
  await unitOfWork.run(async (tx) => {
    await sagaStore.markStuck(tx, 'trips', new Date(now - saga.limitMs));
    await sagaStore.followed(tx, 'trips', {
      followedAt: new Date(now),
      visibleBefore: null,
      toldStuck: 1,
      unread: 0n,
    });
  });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const keysOf = async (filter: Parameters<typeof queries.sagas>[0]) =>
  (await queries.sagas(filter, { limit: 50 })).rows.map(({ key, state }) => `${key} ${state}`);

it('counts the sagas of each contract by state', async () => {
  expect(await queries.sagaSummaries()).toEqual([
    {
      contractId: 'trips',
      title: 'A trip',
      limitMs: 60_000,
      steps: ['book', 'fly'],
      counts: { stuck: 1, 'compensation-failed': 1, compensating: 0, running: 1, cancelled: 0, completed: 2 },
      odd: 1,
      oldestStuckAt: new Date(start).toISOString(),
      gaps: [],
      gapCount: 0,
      followedAt: new Date(now).toISOString(),
      stale: true,
      problem: null,
      missed: '0',
      unread: '0',
    },
  ]);
});

it('lists what waits for somebody with the oldest first, and all others with what happened last first', async () => {
  expect(await keysOf({ state: 'attention' })).toEqual(['T-1 stuck', 'T-3 compensation-failed']);
  expect(await keysOf({ state: 'stuck' })).toEqual(['T-1 stuck']);
  expect(await keysOf({ state: 'running' })).toEqual(['T-5 running']);
  expect(await keysOf({})).toEqual([
    'T-5 running',
    'T-4 completed',
    'T-3 compensation-failed',
    'T-2 completed',
    'T-1 stuck',
  ]);
  expect(await keysOf({ contractId: 'trips', odd: true })).toEqual(['T-4 completed']);
  expect(await keysOf({ key: 'T-2' })).toEqual(['T-2 completed']);
  expect(await keysOf({ contractId: 'other' })).toEqual([]);
});

it.each([{}, { state: 'attention' } as const])(
  'goes through pages of %j without losing or repeating one',
  async (filter) => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { rows, next } = await queries.sagas(filter, { cursor, limit: 1 });
      seen.push(...rows.map(({ key }) => key));
      cursor = next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual((await queries.sagas(filter, { limit: 50 })).rows.map(({ key }) => key));
  },
);

it('shows a saga with the steps of its contract and its events where they stand', async () => {
  expect(await queries.saga('trips', 'T-4')).toMatchObject({
    state: 'completed',
    steps: [
      { step: 'book', done: false, undone: false, undoFailed: false },
      { step: 'fly', done: true, undone: false, undoFailed: false },
    ],
    history: [
      {
        partition: 0,
        offset: '30',
        type: 'Flown',
        roles: ['done:fly', 'completed'],
        oddities: ['beginning-unseen', 'out-of-order'],
      },
    ],
  });
  expect(await queries.saga('trips', 'T-99')).toBeNull();
});

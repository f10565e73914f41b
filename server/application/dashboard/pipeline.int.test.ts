import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { openDerivedStates } from '../../adapters/derived-state/postgres-state-reader.ts';
import { openEventTable } from '../../adapters/event-table/event-table-history.ts';
import { rowDecoder } from '../../adapters/event-table/row-decoder.ts';
import { createScratchDatabase, type ScratchDatabase } from '../../adapters/postgres/scratch-database.ts';
import {
  type AppliedPosition,
  defineContract,
  event,
  fromColumn,
  fromKey,
  perPartition,
  postgresHistory,
  postgresState,
  transactionCursor,
} from '../../domain/contract/define.ts';
import type { EngineContract } from '../../domain/contract/index.ts';
import type { Standing } from '../ports/page-reads.ts';
import { type PipelineDeps, readPipeline } from './pipeline.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
let deps: PipelineDeps;

const balances = (table: string, position: AppliedPosition = transactionCursor({ table: 'applied' })) =>
  postgresState<number>({
    title: table,
    connection: 'bank',
    table,
    key: 'account',
    fields: { balance: { column: 'balance', expected: (sum) => sum } },
    position,
  });

const contract = defineContract({
  id: 'accounts',
  title: 'Accounts',
  authors: ['a'],
  history: postgresHistory({
    connection: 'bank',
    table: 'events',
    position: 'position',
    transactionId: 'transaction_id',
    key: 'account',
  }),
  envelope: { id: fromColumn('id'), type: fromColumn('type'), data: fromColumn('data') },
  ordering: { key: fromKey(), partitioner: 'single' },
  events: { MoneyDeposited: event(1, z.object({ amount: z.number() })) },
  projection: { initial: () => 0, apply: (sum, { data }) => sum + data.amount },
  derivedStates: { balances: balances('balances'), mirror: balances('nowhere') },
}) as unknown as EngineContract;

beforeAll(async () => {
  database = await createScratchDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.ownerUrl, max: 4 });
  await pool.query(`
    CREATE TABLE events (position bigserial PRIMARY KEY, transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
      id text, type text, account text, data jsonb);
    CREATE TABLE balances (account text PRIMARY KEY, balance int);
    CREATE TABLE applied (transaction_id xid8, position bigint);
    CREATE TABLE applied_offsets (partition int PRIMARY KEY, next_offset bigint);
    INSERT INTO applied_offsets VALUES (1, 5), (0, 7);
    INSERT INTO events (id, type, account, data) VALUES ('1', 'MoneyDeposited', 'a', '{"amount":1}');
    INSERT INTO applied SELECT transaction_id, position FROM events`);
  await pool.query(`INSERT INTO events (id, type, account, data)
    SELECT n::text, 'MoneyDeposited', 'a', '{"amount":1}' FROM generate_series(2, 4) AS n`);
  // Rows are final once no older transaction of the whole server is open, and other tests hold some.
  await vi.waitFor(
    async () => {
      const { rows } = await pool.query<{ final: boolean }>(
        'SELECT max(transaction_id) < pg_snapshot_xmin(pg_current_snapshot()) AS final FROM events',
      );
      expect(rows[0]?.final).toBe(true);
    },
    { timeout: 60_000, interval: 100 },
  );
  deps = {
    clock: systemClock,
    histories: {
      open: async (opened) => ({ reader: openEventTable(opened, () => pool), decoder: rowDecoder }),
    },
    derivedStates: openDerivedStates(() => pool),
    deadLetters: { list: () => Promise.reject(new Error('no broker')) },
  };
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('the picture of a pipeline', () => {
  it('counts what a derived state has not applied, and names one that can not be read without hiding the other', async () => {
    const view = await readPipeline(deps, contract, null);
    expect(view.history).toMatchObject({ kind: 'postgres', name: 'events', reachable: true, problem: null });
    expect(view.derivedStates.map(({ name, reachable, lag }) => [name, reachable, lag])).toEqual([
      ['balances', true, '3'],
      ['mirror', false, null],
    ]);
    expect(view.derivedStates[1]?.problem).toContain('nowhere');
  });

  it('counts what history has got since the end of the last proof', async () => {
    const proof = { historyEnd: [{ partition: 0, next: '2' }], comparisons: [] } as unknown as Standing;
    expect(await readPipeline(deps, contract, proof)).toMatchObject({ offsetsSinceProof: '3' });
    expect(await readPipeline(deps, contract, null)).toMatchObject({ offsetsSinceProof: null });
  });

  it('says that there are more dead letters than it counts', async () => {
    const letter = { eventId: 'e', topic: 't', partition: 0, offset: '0', cause: null, timestampMs: 0 };
    const parked = { ...deps, deadLetters: { list: async () => ({ letters: [letter], truncated: true }) } };
    const { balances: state } = contract.derivedStates;
    if (state === undefined) throw new Error('the contract has no balances');
    const deadLetters = { topic: 't', id: fromColumn('id'), cause: null };
    const derivedStates = { balances: { ...state, deadLetters } } as EngineContract['derivedStates'];
    const view = await readPipeline(parked, { ...contract, derivedStates }, null);
    expect(view.derivedStates[0]).toMatchObject({ deadLetters: 1, moreDeadLetters: true });
  });

  it('still shows positions of derived states where the history does not answer', async () => {
    const histories = { open: () => Promise.reject(new Error('the history is away')) };
    const offsets = balances('balances', perPartition({ table: 'applied_offsets' }));
    const both = { ...contract, derivedStates: { ...contract.derivedStates, offsets } } as EngineContract;
    const view = await readPipeline({ ...deps, histories }, both, null);
    expect(view.history).toMatchObject({ reachable: false, problem: 'the history is away', partitions: [] });
    expect(view.derivedStates[0]).toMatchObject({ reachable: true, lag: null });
    expect(view.derivedStates[2]).toMatchObject({
      reachable: true,
      lag: null,
      positions: [
        { partition: 0, next: '7', end: null, lag: null },
        { partition: 1, next: '5', end: null, lag: null },
      ],
    });
  });
});

import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { commitOffsets } from '../../../demo/testing/commit-offsets.ts';
import { openDerivedStates } from '../../adapters/derived-state/postgres-state-reader.ts';
import { openEventTableLag } from '../../adapters/event-table/unapplied.ts';
import { type BrokerUnderTest, connect } from '../../adapters/kafka/broker-under-test.ts';
import { openLagProbe } from '../../adapters/kafka/index.ts';
import { lagStore } from '../../adapters/lag/lag-store.ts';
import { leases } from '../../adapters/postgres/leases.ts';
import { createPool } from '../../adapters/postgres/pool.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../../adapters/postgres/scratch-database.ts';
import { createUnitOfWork } from '../../adapters/postgres/unit-of-work.ts';
import {
  defineContract,
  event,
  fromKey,
  fromValue,
  kafkaHistory,
  perPartition,
  postgresHistory,
  postgresState,
  transactionCursor,
} from '../../domain/contract/define.ts';
import type { EngineContract } from '../../domain/contract/index.ts';
import type { Reading } from '../ports/budget-meter.ts';
import type { Signal } from '../ports/incident-signals.ts';
import { createLagSampler } from './lag-sampler.ts';

const brokers = inject('kafkaBrokers');

describe.runIf(brokers !== '')('lag that is sampled', () => {
  let database: ScratchDatabase;
  let pool: pg.Pool;
  let broker: BrokerUnderTest;
  beforeAll(async () => {
    database = await createMigratedDatabase(inject('databaseUrl'));
    pool = createPool(database.ownerUrl, { name: 'test', max: 5, report: () => undefined });
    broker = await connect(brokers);
    // Read models of somebody: one that reads a topic, one that reads an event table.
    await pool.query(`CREATE TABLE rows_of (sku text PRIMARY KEY, total int);
      CREATE TABLE applied (partition int PRIMARY KEY, next_offset bigint);
      CREATE TABLE cursor_of (transaction_id xid8, position bigint);
      CREATE TABLE events (position bigint GENERATED ALWAYS AS IDENTITY, xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        sku text, at timestamptz NOT NULL DEFAULT clock_timestamp())`);
  });
  afterAll(async () => {
    await broker.close();
    await pool.end();
    await database.drop();
  });

  const base = {
    title: 'Under test',
    authors: ['test'],
    envelope: { id: fromValue('event_id'), type: fromValue('type') },
    ordering: { key: fromKey(), partitioner: 'murmur2' as const },
    events: { T: event(1, z.object({ event_id: z.string() })) },
    projection: { initial: () => 0, apply: (state: number) => state + 1 },
    budgets: { lag: { overMs: 1_000 } },
  };
  const rows = {
    title: 'Rows',
    connection: 'own',
    table: 'rows_of',
    key: 'sku',
    fields: { total: { column: 'total', expected: (state: number) => state } },
  };

  /** A worker of the fleet that samples one contract, once a call; what it counts and signals is kept. */
  function worker(
    contract: unknown,
    own: {
      holder?: string;
      stuckAfterMs?: number;
      kafka?: string;
      everyMs?: number;
      isPresent?: () => boolean;
      aheadMs?: () => number;
    } = {},
  ) {
    const readings: Reading[] = [];
    const raised: Signal[] = [];
    const cleared: string[] = [];
    const told: string[] = [];
    const say = (_: unknown, sentence: string) => void told.push(sentence);
    const { id } = contract as EngineContract;
    const stored = {
      contractId: id,
      version: 1,
      digest: `${id} ${crypto.randomUUID()}`,
      bundle: new Uint8Array(),
      authors: [],
    };
    const connections = () => pool;
    const probe = openLagProbe({
      brokers: (own.kafka ?? brokers).split(','),
      tls: false,
      sasl: null,
      registryUrl: null,
      clientId: 'sampler-test',
    });
    const sampler = createLagSampler({
      clock: {
        now: () => new Date(Date.now() + (own.aheadMs?.() ?? 0)),
        wait: (ms, signal) =>
          new Promise((resolve, reject) => {
            const timer = setTimeout(resolve, ms);
            signal?.addEventListener('abort', () => {
              clearTimeout(timer);
              reject(new Error('over'));
            });
          }),
      },
      probe,
      derivedStates: {
        positionOf: (state) => {
          if (state.kind !== 'postgres') throw new Error('not asked here');
          return openDerivedStates(connections).positionOf(state);
        },
      },
      eventTable: (history) => openEventTableLag(history, connections),
      unitOfWork: createUnitOfWork(pool),
      contracts: { latestOfPresent: async () => ((own.isPresent?.() ?? true) ? [stored] : []) },
      loader: {
        load: async () => contract as EngineContract,
        bundleAll: async () => ({ bundles: [], problems: [] }),
        isCurrent: async () => true,
      },
      store: lagStore,
      leases,
      meter: { count: async (_, each) => void readings.push(...each), takeBack: async () => undefined },
      signals: {
        raise: async (_, signal) => {
          raised.push(signal);
          return { incidentId: 'one', isNew: true };
        },
        clear: async (_, { cause }) => void cleared.push(cause),
      },
      log: { info: say, warn: say, error: say },
      holder: own.holder ?? 'one',
      everyMs: own.everyMs ?? 5_000,
      stuckAfterMs: own.stuckAfterMs ?? 300_000,
    });
    return { sample: () => sampler.sample(), readings, raised, cleared, told, close: () => probe.close() };
  }
  const contractOn = (topic: string, id = `c-${topic}`) =>
    defineContract({
      ...base,
      id,
      history: kafkaHistory({ topic }),
      derivedStates: {
        selling: postgresState({
          ...rows,
          consumerGroup: `g-${topic}`,
          position: perPartition({ table: 'applied' }),
        }),
      },
    });
  const commit = (topic: string, offset: number) =>
    commitOffsets(brokers, {
      groupId: `g-${topic}`,
      topic,
      partitions: [{ partition: 0, offset: String(offset) }],
    });
  const subjects = async (topic: string) => {
    const { rows: found } = await pool.query(
      `SELECT s.kind, s.name, s.verdict, s.problem, s.group_state, s.members,
         (SELECT count(*)::int FROM lag_sample l WHERE l.subject_id = s.id) AS samples
       FROM lag_subject s WHERE contract_id = $1 ORDER BY kind`,
      [`c-${topic}`],
    );
    return found;
  };
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  it('is kept for the group and for the state that it feeds, and time over the threshold counts once, of the state', async () => {
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 5);
    await commit(topic, 2);
    await pool.query('INSERT INTO applied VALUES (0, 2)');
    // Over the threshold from the first sample on.
    await pause(1_100);
    const one = worker(contractOn(topic));
    await one.sample();
    expect(one.readings).toEqual([]);
    await pause(2_000);
    await one.sample();
    const [state, ...others] = one.readings;
    expect(others).toEqual([]);
    expect(state).toMatchObject({ indicator: 'lag', subject: 'state:selling', unknown: 0 });
    expect(state?.bad).toBe(state?.total);
    expect(state?.total).toBe((state?.to.getTime() ?? 0) - (state?.from.getTime() ?? 0));
    await pause(300);
    await one.sample();
    const causes = one.readings.flatMap(({ spends }) => spends.map(({ cause }) => cause));
    expect(causes).toHaveLength(2);
    expect(new Set(causes).size).toBe(1);
    expect(await subjects(topic)).toMatchObject([
      { kind: 'group', samples: 3, group_state: 'Empty', members: 0, problem: null },
      { kind: 'state', samples: 3, problem: null },
    ]);
    expect(one.cleared).toEqual([]);
    await pool.query('UPDATE applied SET next_offset = 5');
    await one.sample();
    expect(one.cleared).toEqual([`budget:c-${topic}:lag:state:selling`]);
    await pool.query('DELETE FROM applied');
    await one.close();
  });

  it('that is of a state alone goes up when its rows fall behind, whatever its group has committed', async () => {
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 5);
    await commit(topic, 5);
    await pool.query('INSERT INTO applied VALUES (0, 1)');
    const one = worker(contractOn(topic));
    await one.sample();
    const { rows: found } = await pool.query(
      `SELECT kind, partitions FROM lag_subject WHERE contract_id = $1 ORDER BY kind`,
      [`c-${topic}`],
    );
    expect(found.map(({ kind, partitions }) => [kind, partitions[0].records])).toEqual([
      ['group', '0'],
      ['state', '4'],
    ]);
    await pool.query('DELETE FROM applied');
    await one.close();
  });

  it('is sampled by one worker at a time, and by another once that one is gone, with no time between counted twice', async () => {
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 5);
    await commit(topic, 5);
    const contract = contractOn(topic);
    const [one, two] = [worker(contract), worker(contract, { holder: 'two' })];
    await one.sample();
    await two.sample();
    expect(await subjects(topic)).toMatchObject([{ samples: 1 }, { samples: 1 }]);
    await pool.query('DELETE FROM lease WHERE name = $1', [`lag:c-${topic}`]);
    await two.sample();
    await one.sample();
    expect(await subjects(topic)).toMatchObject([{ samples: 2 }, { samples: 2 }]);
    expect(one.readings).toEqual([]);
    expect(two.readings).toHaveLength(1);
    await Promise.all([one.close(), two.close()]);
  });

  it('over an outage is a gap that counts as unknown, with its reason beside the newest sample', async () => {
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 5);
    await commit(topic, 1);
    const contract = contractOn(topic);
    const one = worker(contract, { everyMs: 500 });
    await one.sample();
    await pause(500);
    await one.sample();
    const cut = worker(contract, { kafka: '127.0.0.1:1' });
    await cut.sample();
    expect(await subjects(topic)).toMatchObject([
      { samples: 2, problem: expect.stringContaining('127.0.0.1:1') },
      { samples: 2, problem: expect.stringContaining('127.0.0.1:1') },
    ]);
    expect(cut.readings).toEqual([]);
    expect(cut.told).toHaveLength(1);
    await pause(1_600);
    await one.sample();
    expect(one.readings.at(-1)).toMatchObject({ total: 0, bad: 0, spends: [] });
    expect(one.readings.at(-1)?.unknown).toBeGreaterThan(1_500);
    expect(await subjects(topic)).toMatchObject([
      { samples: 3, problem: null },
      { samples: 3, problem: null },
    ]);
    await Promise.all([one.close(), cut.close()]);
  });

  it('of a partition that does not move while others do is told as one stuck offset, once, until it moves on', async () => {
    const topic = await broker.topic(2);
    await broker.write(topic, 0, 5);
    await broker.write(topic, 1, 50);
    const offsets = (a: number, b: number) =>
      commitOffsets(brokers, {
        groupId: `g-${topic}`,
        topic,
        partitions: [
          { partition: 0, offset: String(a) },
          { partition: 1, offset: String(b) },
        ],
      });
    const one = worker(contractOn(topic), { stuckAfterMs: 30_000 });
    const shorter = worker(contractOn(topic), { stuckAfterMs: 2_500 });
    await offsets(2, 1);
    await one.sample();
    await offsets(2, 5);
    await one.sample();
    await pause(3_000);
    expect(one.raised).toEqual([]);
    await offsets(2, 6);
    await shorter.sample();
    await shorter.sample();
    const cause = `stuck:c-${topic}:g-${topic}:0`;
    expect(shorter.raised).toMatchObject([
      {
        kind: 'stuck-offset',
        cause,
        suggestedClass: 'P3',
        facts: { partition: '0', offset: '2', unread: '3' },
        scope: { partitions: [{ partition: 0, from: '2', to: '5' }] },
      },
    ]);
    await offsets(3, 7);
    await shorter.sample();
    expect(shorter.cleared).toEqual([cause]);
    await Promise.all([one.close(), shorter.close()]);
  });

  /** A topic whose group stands still at one partition, and moves in the other one. */
  async function standingTopic() {
    const topic = await broker.topic(2);
    await broker.write(topic, 0, 5);
    await broker.write(topic, 1, 50);
    const move = (to: number) =>
      commitOffsets(brokers, {
        groupId: `g-${topic}`,
        topic,
        partitions: [
          { partition: 0, offset: '2' },
          { partition: 1, offset: String(to) },
        ],
      });
    return { topic, move, cause: `stuck:c-${topic}:g-${topic}:0` };
  }

  /** Such a topic, and a worker that has told so. */
  async function stuckGroup() {
    const { topic, move, cause } = await standingTopic();
    const one = worker(contractOn(topic), { stuckAfterMs: 1_000, everyMs: 500 });
    await move(1);
    await one.sample();
    await pause(1_100);
    await move(2);
    await one.sample();
    expect(one.raised).toHaveLength(1);
    await one.close();
    await pool.query('DELETE FROM lease WHERE name = $1', [`lag:c-${topic}`]);
    return { topic, cause };
  }

  it('that was told to stand still is told not to be measured any more once its contract is gone, and once', async () => {
    const { cause } = await stuckGroup();
    const other = await broker.topic(1);
    const two = worker(contractOn(other));
    await two.sample();
    expect(two.cleared).toEqual([cause]);
    const three = worker(contractOn(other));
    await three.sample();
    expect(three.cleared).toEqual([]);
    await Promise.all([two.close(), three.close()]);
  });

  it('that was told to stand still is told again where its contract was gone and is back as it was', async () => {
    const { topic, move, cause } = await standingTopic();
    let isPresent = true;
    let aheadMs = 0;
    const one = worker(contractOn(topic), {
      ...{ stuckAfterMs: 1_000, everyMs: 500 },
      isPresent: () => isPresent,
      aheadMs: () => aheadMs,
    });
    await move(1);
    await one.sample();
    await pause(1_100);
    await move(2);
    await one.sample();
    expect(one.raised).toMatchObject([{ cause }]);
    // Which contracts there are is looked up anew after half a minute.
    for (const there of [false, true]) {
      isPresent = there;
      aheadMs += 31_000;
      await one.sample();
    }
    expect(one.cleared).toEqual([cause]);
    await pause(1_100);
    await move(3);
    await one.sample();
    expect(one.raised).toMatchObject([{ cause }, { cause }]);
    await one.close();
  });

  it('is measured anew where a contract reads another topic: no offset stands still or goes back there', async () => {
    const { topic, cause } = await stuckGroup();
    const other = await broker.topic(2);
    await broker.write(other, 0, 1);
    await commitOffsets(brokers, {
      groupId: `g-${other}`,
      topic: other,
      partitions: [{ partition: 0, offset: '1' }],
    });
    const moved = () => {
      const contract = contractOn(other, `c-${topic}`);
      return worker(
        {
          ...contract,
          derivedStates: Object.fromEntries(
            Object.entries(contract.derivedStates).map(([name, state]) => [
              name,
              { ...state, consumerGroup: `g-${topic}` },
            ]),
          ),
        },
        { holder: crypto.randomUUID() },
      );
    };
    await commitOffsets(brokers, {
      groupId: `g-${topic}`,
      topic: other,
      partitions: [
        { partition: 0, offset: '1' },
        { partition: 1, offset: '0' },
      ],
    });
    const two = moved();
    await two.sample();
    expect(two.cleared).toContain(cause);
    expect(two.raised).toEqual([]);
    await pool.query('DELETE FROM lease WHERE name = $1', [`lag:c-${topic}`]);
    const three = moved();
    await three.sample();
    const [group] = await subjects(topic);
    expect(group).toMatchObject({ kind: 'group', verdict: 'ok' });
    await Promise.all([two.close(), three.close()]);
  });

  it('of a state that reads an event table is the rows that it has not applied, and the age of the next', async () => {
    const contract = defineContract({
      ...base,
      id: 'c-events',
      history: postgresHistory({
        connection: 'own',
        table: 'events',
        position: 'position',
        transactionId: 'xid',
        key: 'sku',
        occurredAt: 'at',
      }),
      derivedStates: {
        selling: postgresState({ ...rows, position: transactionCursor({ table: 'cursor_of' }) }),
      },
    });
    for (let at = 0; at < 4; at++) await pool.query(`INSERT INTO events (sku) VALUES ('a')`);
    await pool.query('INSERT INTO cursor_of SELECT xid, position FROM events ORDER BY position LIMIT 1');
    const one = worker(contract);
    const found = async () => {
      await one.sample();
      const {
        rows: [row],
      } = await pool.query(`SELECT partitions, problem FROM lag_subject WHERE contract_id = 'c-events'`);
      return row;
    };
    // Rows are final once no older transaction runs, of other tests too.
    await expect
      .poll(found, { timeout: 30_000 })
      .toMatchObject({ problem: null, partitions: [{ records: '3' }] });
    const row = await found();
    expect(row.partitions[0].ageMs).toBeGreaterThan(0);
    expect(row.partitions[0].ageMs).toBeLessThan(60_000);
    await one.close();
  });
});

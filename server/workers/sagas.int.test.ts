import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import {
  createTopic,
  eventually,
  openReplayWorld,
  type ReplayWorld,
} from '../../demo/testing/replay-world.ts';
import { callBounded } from '../adapters/bounded-call.ts';
import type { BudgetMeter } from '../application/ports/budget-meter.ts';
import type { IncidentSignals } from '../application/ports/incident-signals.ts';
import { type Composed, compose } from '../composition/compose.ts';
import { sagaTracking } from '../composition/sagas.ts';
import { readSettings } from '../env.ts';

const brokers = inject('kafkaBrokers');
if (brokers === '') process.stdout.write('NOT RUN: sagas on a real topic: no broker.\n');

const data: Readonly<Record<string, unknown>> = {
  OrderPlaced: { article: 'oak shelf', quantity: 1, totalCents: 900 },
  StockReserved: { quantity: 1 },
  PaymentProcessed: { amountCents: 900 },
  OrderShipped: { parcel: 'P-1' },
  ShipmentRefused: { reason: 'no carrier' },
  PaymentRefunded: { amountCents: 900 },
  PaymentRefundFailed: { amountCents: 900, reason: 'closed' },
  ReservationReleased: { quantity: 1 },
  OrderCancelled: { reason: 'no carrier' },
};

type Sent = {
  readonly key: string;
  readonly type: string;
  readonly id: string;
  readonly value?: unknown;
  readonly agoMs?: number;
};

/** What was told of it, kept in the transactions that it was told in. */
const told = `
  CREATE TABLE told_count (total int NOT NULL, bad int NOT NULL, cause text, link jsonb);
  CREATE TABLE told_signal (what text NOT NULL, cause text NOT NULL, title text NOT NULL, facts jsonb NOT NULL)`;

const meter: BudgetMeter = {
  async count(tx, readings) {
    for (const { total, bad, spends } of readings)
      await tx.query('INSERT INTO told_count VALUES ($1, $2, $3, $4)', [
        total,
        bad,
        spends[0]?.cause ?? null,
        JSON.stringify(spends[0]?.link ?? null),
      ]);
  },
  takeBack: () => Promise.reject(new Error('nothing of a saga is taken back')),
};

const signals: IncidentSignals = {
  async raise(tx, { cause, title, facts }) {
    await tx.query(`INSERT INTO told_signal VALUES ('raised', $1, $2, $3)`, [cause, title, facts]);
    return { incidentId: randomUUID(), isNew: true };
  },
  async clear(tx, { cause, sentence, facts }) {
    await tx.query(`INSERT INTO told_signal VALUES ('cleared', $1, $2, $3)`, [cause, sentence, facts]);
  },
};

describe.runIf(brokers !== '')('the sagas of a topic', () => {
  let world: ReplayWorld;
  let composed: Composed;
  let topic: string;

  beforeAll(async () => {
    world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: brokers });
    await world.pool.query(told);
    await world.pool.query('GRANT INSERT ON told_count, told_signal TO PUBLIC');
    composed = compose(readSettings(world.env, process.cwd()), 'sagas', 4);
  });
  beforeEach(async () => {
    topic = `reprise-test-${randomUUID().slice(0, 8)}`;
    await createTopic(world.admin, { topic, numPartitions: 2, replicationFactor: 1 });
    await world.contractFile('contracts/orders.ts', (source) =>
      source.replaceAll("'orders.events'", `'${topic}'`).replace('limitMs: 120_000', 'limitMs: 30_000'),
    );
    await world.pool.query(
      'TRUNCATE saga_watch, saga_cursor, saga_run, saga_event, saga_gap, lease, told_count, told_signal',
    );
  });
  afterAll(async () => {
    await composed.close();
    await world.close();
  });

  const send = async (events: readonly Sent[]) => {
    const producer = world.kafka.producer();
    await producer.connect();
    await producer.send({
      topic,
      messages: events.map(({ key, type, id, value, agoMs = 0 }) => ({
        key,
        value: JSON.stringify(value ?? data[type]),
        timestamp: String(Date.now() - agoMs),
        headers: { id, eventType: type, eventVersion: '1' },
      })),
    });
    await producer.disconnect();
  };
  const saga = (key: string, types: string, agoMs = 0): readonly Sent[] =>
    types.split(' ').map((type, at) => ({ key, type, id: `${key}/${at}`, agoMs: agoMs - at }));
  const track = async (parts: Parameters<typeof sagaTracking>[1] = {}, holder = 'one') => {
    const tracking = sagaTracking(composed, { meter, signals, ...parts }).by(holder);
    await (await tracking.begin(new AbortController().signal)).ended;
  };
  const runs = async () => {
    const { rows } = await world.pool.query<{ key: string; state: string; step: string; oddities: number }>(
      `SELECT key, CASE WHEN stuck THEN 'stuck' ELSE lifecycle END AS state, step, oddities FROM saga_run ORDER BY key`,
    );
    return rows;
  };
  const counted = async () => {
    const { rows } = await world.pool.query<{ total: number; bad: number }>(
      'SELECT coalesce(sum(total), 0)::int AS total, coalesce(sum(bad), 0)::int AS bad FROM told_count',
    );
    return rows[0];
  };
  const gaps = async () => {
    const { rows } = await world.pool.query(
      'SELECT partition, kind, "from"::int, "to"::int FROM saga_gap ORDER BY id',
    );
    return rows;
  };
  const signalled = async () => {
    const { rows } = await world.pool.query('SELECT what, cause, title, facts FROM told_signal');
    return rows;
  };

  const refused = 'OrderPlaced StockReserved PaymentProcessed ShipmentRefused';

  it('are followed to where each of them stands', async () => {
    await send(saga('O-1', 'OrderPlaced StockReserved PaymentProcessed OrderShipped'));
    await send(saga('O-2', `${refused} PaymentRefunded ReservationReleased OrderCancelled`));
    await send(saga('O-3', 'OrderPlaced StockReserved'));
    await track();
    await send(saga('O-4', `${refused} PaymentRefunded`));
    await track();
    expect(await runs()).toEqual([
      { key: 'O-1', state: 'completed', step: 'ship', oddities: 0 },
      { key: 'O-2', state: 'cancelled', step: 'pay', oddities: 0 },
      { key: 'O-3', state: 'running', step: 'reserve', oddities: 0 },
      { key: 'O-4', state: 'compensating', step: 'pay', oddities: 0 },
    ]);
    expect(await counted()).toEqual({ total: 4, bad: 0 });
  });

  it('spend exactly the share of compensations that failed, each linked to its saga', async () => {
    await send(saga('O-1', `${refused} PaymentRefunded ReservationReleased OrderCancelled`));
    await send(saga('O-2', `${refused} PaymentRefundFailed`));
    await track();
    expect(await runs()).toMatchObject([{ state: 'cancelled' }, { state: 'compensation-failed' }]);
    expect(await counted()).toEqual({ total: 4, bad: 1 });
    const { rows } = await world.pool.query('SELECT cause, link FROM told_count WHERE bad > 0');
    expect(rows).toEqual([{ cause: 'compensation:O-2:pay', link: { kind: 'saga', key: 'O-2' } }]);
  });

  it('are kept and named where events are repeated, unreadable, or of a saga whose beginning nobody saw', async () => {
    const [placed, reserved] = saga('O-1', 'OrderPlaced StockReserved');
    if (placed === undefined || reserved === undefined) throw new Error('no events');
    await send([placed, reserved, reserved]);
    await send([{ key: 'O-2', type: 'PaymentRefunded', id: 'late' }]);
    await send([{ key: 'O-3', type: 'OrderPlaced', id: 'odd', value: { totalCents: 'none' } }]);
    await send([{ key: 'O-3', type: 'Unknown', id: 'unknown', value: {} }]);
    await track();
    const { rows } = await world.pool.query(
      'SELECT key, type, oddities FROM saga_event WHERE cardinality(oddities) > 0 ORDER BY key',
    );
    expect(rows).toEqual([
      { key: 'O-1', type: 'StockReserved', oddities: ['repeated'] },
      { key: 'O-2', type: 'PaymentRefunded', oddities: ['beginning-unseen', 'never-done'] },
      { key: 'O-3', type: 'OrderPlaced', oddities: ['unreadable'] },
    ]);
    expect(await counted()).toEqual({ total: 1, bad: 0 });
  });

  it('raise one incident when they are stuck, once, and clear it when none is', async () => {
    await send([
      ...saga('O-1', 'OrderPlaced StockReserved', 40_000),
      ...saga('O-2', 'OrderPlaced', 35_000),
      ...saga('O-3', 'OrderPlaced', 5_000),
    ]);
    await track();
    await track();
    expect(await runs()).toMatchObject([{ state: 'stuck' }, { state: 'stuck' }, { state: 'running' }]);
    expect(await signalled()).toEqual([
      {
        what: 'raised',
        cause: 'saga:orders',
        title: '2 sagas of Orders are stuck: not ended within 30 s.',
        facts: expect.objectContaining({ stuck: '2', 'last step of the oldest': 'reserve' }),
      },
    ]);
    // One of them goes on, late; the other ends as well.
    await send(saga('O-1', 'OrderPlaced StockReserved PaymentProcessed OrderShipped').slice(2));
    await track();
    expect(await runs()).toMatchObject([{ state: 'completed' }, { state: 'stuck' }, { state: 'running' }]);
    await send([{ key: 'O-2', type: 'OrderCancelled', id: 'O-2/end' }]);
    await track();
    await track();
    expect((await signalled()).map(({ what, facts }) => [what, facts.stuck])).toEqual([
      ['raised', '2'],
      ['raised', '1'],
      ['cleared', '0'],
    ]);
  });

  it('are counted once where a worker ends before it has committed', async () => {
    await send(saga('O-1', `${refused} PaymentRefundFailed`));
    const failing: BudgetMeter = {
      ...meter,
      async count(tx, readings) {
        await meter.count(tx, readings);
        throw new Error('the worker is gone');
      },
    };
    await track({ meter: failing });
    expect(await counted()).toEqual({ total: 0, bad: 0 });
    await track();
    await track({}, 'one');
    expect(await counted()).toEqual({ total: 1, bad: 1 });
    expect(await runs()).toMatchObject([{ key: 'O-1', state: 'compensation-failed' }]);
  });

  it('are left to the worker that holds the lease', async () => {
    await send(saga('O-1', 'OrderPlaced'));
    await world.pool.query(
      `INSERT INTO lease VALUES ('sagas:orders', 'another', clock_timestamp() + interval '1 minute')`,
    );
    await track();
    expect(await runs()).toEqual([]);
    await world.pool.query('TRUNCATE lease');
    await track();
    expect(await runs()).toHaveLength(1);
  });

  it('are told to be missing what retention has taken before it was followed', async () => {
    await send(saga('O-1', 'OrderPlaced StockReserved PaymentProcessed'));
    await track();
    const { rows: before } = await world.pool.query<{ partition: number; next: string }>(
      'SELECT partition, next::text FROM saga_cursor WHERE next > 0',
    );
    const at = before[0];
    if (at === undefined) throw new Error('nothing was followed');
    await send(saga('O-1', 'OrderShipped'));
    await world.truncate(topic, at.partition, String(Number(at.next) + 1));
    await send(saga('O-1', 'OrderCancelled'));
    await track();
    const { rows } = await world.pool.query('SELECT missed::int FROM saga_cursor WHERE partition = $1', [
      at.partition,
    ]);
    expect(rows).toEqual([{ missed: 1 }]);
    const [from, to] = [Number(at.next), Number(at.next) + 1];
    expect(await gaps()).toEqual([{ partition: at.partition, kind: 'expired', from, to }]);
  });

  it('are followed from the start of a log that ends before where they were followed to, which is named', async () => {
    await send(saga('O-1', `${refused} PaymentRefunded`));
    await track();
    const { rows: cursors } = await world.pool.query<{ partition: number; next: number }>(
      'UPDATE saga_cursor SET next = next + 50 WHERE next > 0 RETURNING partition, next::int',
    );
    const at = cursors[0];
    if (at === undefined) throw new Error('nothing was followed');
    // The log was written on from where it was cut: what stands at its last offset is not what was followed there.
    await world.pool.query(
      `UPDATE saga_event SET key = 'O-0', event_id = 'cut off' WHERE "offset" = (SELECT max("offset") FROM saga_event)`,
    );
    await send(saga('O-1', `${refused} PaymentRefunded ReservationReleased OrderCancelled`).slice(5));
    await track();
    await track();
    const { rows } = await world.pool.query('SELECT problem FROM saga_watch');
    expect(rows).toEqual([{ problem: null }]);
    expect(await runs()).toMatchObject([{ key: 'O-1', state: 'cancelled', step: 'pay' }]);
    const end = at.next - 50;
    expect(await gaps()).toEqual([
      { partition: at.partition, kind: 'truncated', from: end + 2, to: end + 50 },
    ]);
    const { rows: kept } = await world.pool.query('SELECT event_id FROM saga_event ORDER BY "offset"');
    expect(kept.map(({ event_id }) => event_id)).toEqual([
      'O-1/0',
      'O-1/1',
      'O-1/2',
      'O-1/4',
      'O-1/5',
      'O-1/6',
    ]);
  });

  it('are each followed once by real workers that are killed in between', async () => {
    const keys = Array.from({ length: 60 }, (_, at) => `O-${at}`);
    const isPaidBack = ({ state }: { state: string }) => state === 'compensating' || state === 'stuck';
    for (let part = 0; part < 3; part++) {
      const worker = world.startWorker(1);
      await send(
        keys.slice(part * 20, part * 20 + 20).flatMap((key) => saga(key, `${refused} PaymentRefunded`)),
      );
      await eventually('the worker to follow', 60_000, async () => {
        const seen = (await runs()).length;
        return { done: seen > part * 20, value: seen, seen };
      });
      await worker.kill();
      // What it held runs out, which is not waited for here.
      await world.pool.query('TRUNCATE lease');
    }
    const last = world.startWorker(1);
    await eventually('all sagas to be followed', 60_000, async () => {
      const seen = await runs();
      return {
        done: seen.length === 60 && seen.every(isPaidBack),
        value: seen,
        seen: seen.length,
      };
    });
    await last.stop();
    const { rows } = await world.pool.query(
      'SELECT count(*)::int AS events, count(DISTINCT event_id)::int AS ids, sum(cardinality(oddities))::int AS odd FROM saga_event',
    );
    // ShipmentRefused is no event of the saga.
    expect(rows).toEqual([{ events: 240, ids: 240, odd: 0 }]);
  }, 240_000);

  it('clear their incident, once, where the contract names no saga any more', async () => {
    await send(saga('O-1', 'OrderPlaced', 40_000));
    await track();
    expect(await runs()).toMatchObject([{ state: 'stuck' }]);
    await world.contractFile('contracts/orders.ts', (source) =>
      source.replaceAll("'orders.events'", `'${topic}'`).replace(/\n {2}saga: \{[\s\S]*?\n {2}\},/, ''),
    );
    await track();
    await track();
    expect((await signalled()).map(({ what, cause }) => [what, cause])).toEqual([
      ['raised', 'saga:orders'],
      ['cleared', 'saga:orders'],
    ]);
    const { rows } = await world.pool.query(`SELECT title FROM told_signal WHERE what = 'cleared'`);
    expect(rows[0].title).toMatch(/names no saga any more/);
    expect(await runs()).toMatchObject([{ state: 'running' }]);
  });

  it('hold up the worker for seconds at most where code of the contract does not end, and seldom', async () => {
    await world.contractFile('contracts/orders.ts', (source) =>
      source
        .replaceAll("'orders.events'", `'${topic}'`)
        .replace(
          'StockReserved: event(1, z.object({ quantity: units })),',
          'StockReserved: event(1, z.object({ quantity: units.superRefine(() => { for (;;); }) })),',
        ),
    );
    await send(saga('O-1', 'OrderPlaced StockReserved'));
    let calls = 0;
    let laterMs = 0;
    const tracking = sagaTracking(composed, {
      meter,
      signals,
      clock: { ...composed.replayDeps.clock, now: () => new Date(Date.now() + laterMs) },
      callBounded: (what, boundMs, work) => {
        calls += 1;
        expect(boundMs).toBeLessThanOrEqual(2_000);
        return callBounded(what, boundMs, work);
      },
    }).by('one');
    const turn = async () => (await tracking.begin(new AbortController().signal)).ended;
    await turn();
    await turn();
    const { rows } = await world.pool.query('SELECT problem FROM saga_watch');
    expect(rows[0].problem).toMatch(/did not answer for 2 s/);
    expect(calls).toBe(1);
    laterMs = 61_000;
    await turn();
    laterMs += 61_000;
    await turn();
    expect(calls).toBe(2);
    laterMs += 60_000;
    await turn();
    expect(calls).toBe(3);
  });

  it('go with their events so long after they ended, and no other does', async () => {
    const days = 86_400_000;
    await send(saga('O-1', 'OrderPlaced StockReserved PaymentProcessed OrderShipped', 3 * days));
    await send(saga('O-2', 'OrderPlaced StockReserved PaymentProcessed OrderShipped', 1 * days));
    await send(saga('O-3', 'OrderPlaced', 3 * days));
    await send(saga('O-4', `${refused} PaymentRefundFailed`, 3 * days));
    await track();
    await world.pool.query(`INSERT INTO lease VALUES ('sagas-kept', 'another', now() + interval '1 minute')`);
    const { sweep } = sagaTracking(composed, { meter, signals });
    await sweep('one', 2);
    expect(await runs()).toHaveLength(4);
    await world.pool.query('TRUNCATE lease');
    await sweep('one', 2);
    expect((await runs()).map(({ key }) => key)).toEqual(['O-2', 'O-3', 'O-4']);
    const { rows } = await world.pool.query('SELECT DISTINCT key FROM saga_event ORDER BY key');
    expect(rows.map(({ key }) => key)).toEqual(['O-2', 'O-3', 'O-4']);
  });

  it('are left at once by a worker that is told to end, as is whatever else it does for the fleet', async () => {
    const worker = world.startWorker(1);
    const held = async () => {
      const { rows } = await world.pool.query<{ name: string }>('SELECT name FROM lease ORDER BY name');
      return rows.map(({ name }) => name);
    };
    await expect
      .poll(held, { timeout: 60_000 })
      .toEqual(expect.arrayContaining(['budgets', 'deliveries:orders', 'lag:orders', 'sagas:orders']));
    await worker.stop();
    expect(await held()).toEqual([]);
  }, 90_000);

  it('go on while the history of another contract does not answer', async () => {
    await world.contractFile('contracts/orders.ts', (source) =>
      source
        .replaceAll("'orders.events'", `'${topic}'`)
        .replace('limitMs: 120_000', 'limitMs: 30_000')
        .replace("id: 'orders'", "id: 'hanging'"),
    );
    const { histories, clock } = composed.replayDeps;
    let laterMs = 0;
    const tracking = sagaTracking(composed, {
      meter,
      signals,
      clock: { ...clock, now: () => new Date(Date.now() + laterMs) },
      histories: {
        open: (contract) =>
          contract.id === 'hanging' ? new Promise(() => undefined) : histories.open(contract),
      },
    }).by('one');
    const problemOf = async (contractId: string) => {
      const { rows } = await world.pool.query('SELECT problem FROM saga_watch WHERE contract_id = $1', [
        contractId,
      ]);
      return rows[0]?.problem ?? null;
    };
    await send(saga('O-1', 'OrderPlaced'));
    for (let turn = 1; turn <= 2; turn++) {
      void tracking.begin(new AbortController().signal);
      await expect.poll(async () => (await runs()).length, { timeout: 20_000 }).toBe(turn);
      await send(saga(`O-${turn + 1}`, 'OrderPlaced'));
    }
    laterMs = 61_000;
    await tracking.begin(new AbortController().signal);
    await expect.poll(() => problemOf('hanging')).toMatch(/Nothing has been judged since .*does not answer/);
    expect(await problemOf('orders')).toBe(null);
  });
});

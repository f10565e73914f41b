import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import contract from '../../../contracts/orders.ts';
import type { EngineContract } from '../../../server/domain/contract/define.ts';
import { headers, layoutOf, orderProjector } from '../../layout.ts';
import { recreateTopics, topicsOf, withAdmin } from '../../setup/topics.ts';
import { type Course, drawOrder } from '../../story/order-story.ts';
import { seededRandom } from '../../story/random.ts';
import { foldByContract, type StoredEvent } from '../../testing/fold-by-contract.ts';
import { openScratch, silent } from '../../testing/scratch.ts';
import { inTransaction } from '../process/database.ts';
import { serve } from '../process/serve.ts';
import { follow } from '../projector/consume.ts';
import { answerRead } from './answer-reads.ts';
import { answerWrite } from './answer-writes.ts';
import { projectorOfOrders } from './order-projector.ts';
import { ReadWaits } from './read-waits.ts';
import { advanceOne, placeOrder } from './record-facts.ts';

const brokers = inject('kafkaBrokers');
const random = seededRandom('orders');
type Scratch = Awaited<ReturnType<typeof openScratch>>;
type OutboxRow = { id: string; key: string; type: string; sequence: number; data: unknown };

const outbox = async (pool: pg.Pool, after = 0): Promise<(OutboxRow & { publication: number })[]> => {
  const { rows } = await pool.query(
    `select publication::integer, event_id as id, aggregateid as key, event_type as type, sequence, payload as data
     from order_outbox where publication > $1 order by publication`,
    [after],
  );
  return rows;
};

describe('the order service', () => {
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = await openScratch(inject('databaseUrl'), 'shop');
  });
  afterAll(async () => scratch.close());

  it('does the steps of each order in their order, one fact each, and then no more', async () => {
    const { pool } = scratch;
    const courses: readonly Course[] = ['shipped', 'refused', 'refund-fails', 'unanswered'];
    for (const course of courses)
      await inTransaction(pool, (client) => placeOrder(client, drawOrder(random, `O-${course}`, course), 0));
    for (let isDone = false; !isDone; )
      isDone = (await inTransaction(pool, (client) => advanceOne(client, 0))) === null;
    const rows = await outbox(pool);
    const typesOf = (course: Course) =>
      rows.filter(({ key }) => key === `O-${course}`).map(({ type }) => type);
    expect(typesOf('shipped')).toEqual(['OrderPlaced', 'StockReserved', 'PaymentProcessed', 'OrderShipped']);
    expect(typesOf('refused').at(-1)).toBe('OrderCancelled');
    expect(typesOf('refund-fails').at(-1)).toBe('PaymentRefundFailed');
    expect(typesOf('unanswered')).toEqual(['OrderPlaced', 'StockReserved']);
    for (const course of courses)
      expect(rows.filter(({ key }) => key === `O-${course}`).map(({ sequence }) => sequence)).toEqual(
        typesOf(course).map((_, at) => at + 1),
      );
  });

  it('leaves the stock of the story alone', async () => {
    const { rows } = await scratch.pool.query(
      'select (select count(*) from stock)::integer as stock, (select count(*) from outbox)::integer as outbox',
    );
    expect(rows).toEqual([{ stock: 0, outbox: 0 }]);
  });
});

describe.runIf(brokers !== '')('a read after a write', () => {
  const layout = layoutOf(`_o${randomUUID().slice(0, 8)}`);
  const kafka = new Kafka({ clientId: 'demo-test', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  const stopped = new AbortController();
  const waits = new ReadWaits();
  let scratch: Scratch;
  let following: Promise<void>;
  let writes: Awaited<ReturnType<typeof serve>>;
  let reads: Awaited<ReturnType<typeof serve>>;
  let carried = 0;

  beforeAll(async () => {
    scratch = await openScratch(inject('databaseUrl'), 'shop');
    const { pool } = scratch;
    await recreateTopics(brokers, layout);
    await producer.connect();
    const common = { pool, log: silent };
    writes = await serve({
      ...common,
      service: 'orders',
      answer: (asked) => answerWrite(pool, random, asked),
    });
    reads = await serve({
      ...common,
      service: orderProjector,
      answer: (asked) => answerRead(pool, waits, asked, Date.now),
    });
    following = follow({
      ...common,
      kafka,
      projector: projectorOfOrders(waits, Date.now),
      topic: layout.ordersTopic,
      groupSuffix: layout.groupSuffix,
      stopped: stopped.signal,
      drain: null,
    });
  });
  afterAll(async () => {
    stopped.abort();
    await following;
    await Promise.all([writes.close(), reads.close()]);
    await producer.disconnect();
    await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: topicsOf(layout) }));
    await scratch.close();
  });

  /** As Debezium does: rows of the outbox that are not on the topic yet, by key. */
  const carry = async () => {
    const rows = await outbox(scratch.pool, carried);
    if (rows.length === 0) return;
    carried = rows.at(-1)?.publication ?? carried;
    await producer.send({
      topic: layout.ordersTopic,
      messages: rows.map(({ id, key, type, sequence, data }) => ({
        key,
        value: JSON.stringify(data),
        headers: {
          [headers.id]: id,
          [headers.type]: type,
          [headers.version]: '1',
          [headers.sequence]: `${sequence}`,
        },
      })),
    });
  };
  const place = async () => {
    const answer = await fetch(`${writes.url}/orders`, { method: 'POST', body: '{"course":"shipped"}' });
    expect(answer.status).toBe(201);
    return (await answer.json()) as { order: string; position: string };
  };
  const ask = (path: string) => fetch(`${reads.url}${path}`);

  it('is told to come again, with both positions, until the read model has come so far', async () => {
    const { order, position } = await place();
    const behind = await ask(`/orders/${order}?after=${position}`);
    expect(behind.status).toBe(503);
    expect(behind.headers.get('retry-after')).toBe('1');
    expect(await behind.json()).toEqual({ position: '0', target: '1' });
    await carry();
    await expect
      .poll(async () => (await ask(`/orders/${order}?after=${position}`)).status, { timeout: 30_000 })
      .toBe(200);
    expect(await (await ask(`/orders/${order}?after=1`)).json()).toMatchObject({
      order,
      status: 'placed',
      position: '1',
    });
    // Of a step that has not been done nothing can be read.
    expect((await ask(`/orders/${order}?after=2`)).status).toBe(503);
  });

  it('is told so by a stalled read model too, and its wait is measured to the moment that it goes on', async () => {
    const before = waits.read().waited;
    const stall = (stalled: boolean) =>
      scratch.pool.query(
        `insert into projector_control values ($1, $2)
         on conflict (projector) do update set stalled = excluded.stalled`,
        [orderProjector, stalled],
      );
    await stall(true);
    const { order, position } = await place();
    await carry();
    expect((await ask(`/orders/${order}?after=${position}`)).status).toBe(503);
    // Without a position whatever is there is read.
    expect((await ask(`/orders/${order}`)).status).toBe(404);
    await stall(false);
    await expect
      .poll(async () => (await ask(`/orders/${order}?after=${position}`)).status, { timeout: 30_000 })
      .toBe(200);
    const measured = (await (await ask('/waits')).json()) as ReturnType<typeof waits.read>;
    expect(measured.waited).toBe(before + 1);
    expect(measured.buckets.reduce((sum, { count }) => sum + count, 0)).toBe(measured.waited);
  });

  it('is refused where its position is none, and from a page of the web', async () => {
    const { order } = await place();
    const answer = await ask(`/orders/${order}?after=soon`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ problem: expect.stringContaining('whole number') });
    const origin = await fetch(`${writes.url}/orders`, {
      method: 'POST',
      headers: { origin: 'https://example.com' },
    });
    expect(origin.status).toBe(403);
  });

  it('finds the state that the contract folds from the same events', async () => {
    for (let at = 0; at < 20; at++) await inTransaction(scratch.pool, (client) => advanceOne(client, 0));
    await carry();
    const orders = contract as unknown as EngineContract;
    const rows = (await outbox(scratch.pool)).map((row) => ({ ...row, version: 1 }));
    const { states } = foldByContract(orders, rows as unknown as StoredEvent[]);
    const fields = Object.values(orders.derivedStates)[0]?.fields ?? {};
    const expected = [...states].map(([key, state]) => ({
      order_id: key,
      status: fields.status?.expected(state),
      total_cents: fields.total_cents?.expected(state),
      facts: fields.facts?.expected(state),
    }));
    const live = async () => (await scratch.pool.query('select * from order_state order by order_id')).rows;
    await expect
      .poll(live, { timeout: 30_000 })
      .toEqual(expected.sort((a, b) => (a.order_id < b.order_id ? -1 : 1)));
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { drawOrder } from '../../story/order-story.ts';
import { seededRandom } from '../../story/random.ts';
import { openScratch } from '../../testing/scratch.ts';
import { inTransaction } from '../process/database.ts';
import { answerCorrection } from './answer-corrections.ts';
import { advanceOne, placeOrder } from './record-facts.ts';

const random = seededRandom('refunds');
const order = drawOrder(random, 'O-owed', 'refund-fails');
let scratch: Awaited<ReturnType<typeof openScratch>>;
let failedRefund: string;

const advanceAll = async () => {
  for (let more = true; more; )
    more = (await inTransaction(scratch.pool, (client) => advanceOne(client, 0))) !== null;
};

beforeAll(async () => {
  scratch = await openScratch(inject('databaseUrl'), 'shop');
  await inTransaction(scratch.pool, (client) => placeOrder(client, order, 0));
  await advanceAll();
  const facts = await factsOf();
  failedRefund = facts.at(-1)?.id ?? '';
});
afterAll(() => scratch.close());

async function factsOf(): Promise<{ id: string; type: string; sequence: number; data: unknown }[]> {
  const { rows } = await scratch.pool.query(
    `select event_id as id, event_type as type, sequence, payload as data from order_outbox
     where aggregateid = $1 order by publication`,
    [order.orderId],
  );
  return rows;
}

const corrects = () => ({
  eventId: failedRefund,
  originalValue: 'refund failed',
  correctedValue: 'refunded',
  reason: 'It was paid back by hand.',
  correctedBy: 'rosa',
  ticket: 'INC-9',
});
const correction = (change: Readonly<Record<string, unknown>> = {}) => ({
  eventId: randomUUID(),
  type: 'PaymentRefunded',
  version: 1,
  key: order.orderId,
  occurredAt: '2026-03-24T08:00:00.000Z',
  data: { amountCents: order.totalCents },
  corrects: corrects(),
  ...change,
});
const ask = (body: unknown, authorization = 'Bearer the-token') =>
  answerCorrection(scratch.pool, random, 'the-token', {
    method: 'POST',
    url: new URL('http://127.0.0.1/corrections'),
    authorization,
    body,
  });

it('refuses what is not owed, with a sentence, and changes nothing', async () => {
  const before = await factsOf();
  const refused: readonly [unknown, number, RegExp][] = [
    [correction({ type: 'PaymentProcessed' }), 422, /PaymentRefunded, version 1/],
    [correction({ data: { amountCents: 'all' } }), 422, /amountCents/],
    [correction({ data: { amountCents: order.totalCents + 1 } }), 422, /cents, and not/],
    [correction({ corrects: { ...corrects(), eventId: randomUUID() } }), 422, /says that a refund/],
    [correction({ corrects: { ...corrects(), eventId: before[0]?.id } }), 422, /says that a refund/],
    [correction({ key: 'O-other' }), 422, /says that a refund/],
    [correction({ eventId: 'x' }), 400, /eventId/],
  ];
  for (const [body, status, problem] of refused)
    expect(await ask(body)).toEqual({ status, body: { problem: expect.stringMatching(problem) } });
  expect((await ask(correction(), 'Bearer other')).status).toBe(401);
  expect(await factsOf()).toEqual(before);
});

it('notes a refund that was made by hand once, and undoes the rest of the order by itself then', async () => {
  const wanted = correction();
  const answers = await Promise.all([ask(wanted), ask(wanted), ask(wanted)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
  expect(await ask(correction())).toEqual({
    status: 409,
    body: { problem: `nothing is owed to ${order.orderId} any more` },
  });
  await scratch.pool.query('update orders set due_at = now() where order_id = $1', [order.orderId]);
  await advanceAll();
  const facts = await factsOf();
  expect(facts.slice(4).map(({ type, sequence }) => [type, sequence])).toEqual([
    ['PaymentRefundFailed', 5],
    ['PaymentRefunded', 6],
    ['ReservationReleased', 7],
    ['OrderCancelled', 8],
  ]);
  expect(facts[5]).toMatchObject({
    id: wanted.eventId,
    data: { amountCents: order.totalCents, corrects: corrects() },
  });
});

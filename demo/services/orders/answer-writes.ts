/** What the order service answers: a write says its position (docs/read-your-write.md). */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { type Course, drawOrder, parseCourse } from '../../story/order-story.ts';
import type { Random } from '../../story/random.ts';
import { inTransaction } from '../process/database.ts';
import { type Answer, type Asked, Unacceptable } from '../process/serve.ts';
import { placeOrder } from './record-facts.ts';

/** How long a step of an order takes. */
export const drawStepMs = (random: Random): number => random.between(1_000, 3_000);

export const newOrderId = (): string => `O-${randomUUID().slice(0, 8)}`;

export async function answerWrite(pool: pg.Pool, random: Random, asked: Asked): Promise<Answer> {
  if (asked.url.pathname !== '/orders')
    return { status: 404, body: { problem: 'orders are placed at /orders' } };
  if (asked.method !== 'POST')
    return { status: 405, headers: { allow: 'POST' }, body: { problem: 'orders are placed by POST' } };
  const order = drawOrder(random, newOrderId(), courseOf(asked.body));
  await inTransaction(pool, (client) => placeOrder(client, order, drawStepMs(random)));
  const { orderId, totalCents } = order;
  return {
    status: 201,
    headers: { location: `/orders/${orderId}` },
    // The number of the order's facts: known at commit, before Debezium has given it a partition and an offset.
    body: { order: orderId, totalCents, position: '1' },
  };
}

function courseOf(body: unknown): Course | null {
  if (body === null) return null;
  if (typeof body !== 'object' || !('course' in body)) return null;
  const course = parseCourse(String(body.course));
  if (course === null) throw new Unacceptable('no such course of an order');
  return course;
}

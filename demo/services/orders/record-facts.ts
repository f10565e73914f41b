/** The one way by which anything happens to an order. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { type Course, hasMore, nextFact, type Order } from '../../story/order-story.ts';

/** Takes an order: its row and the outbox row of its first fact, in the caller's transaction. */
export async function placeOrder(client: pg.ClientBase, order: Order, nextInMs: number): Promise<void> {
  const { orderId, article, quantity, totalCents, course } = order;
  await client.query(
    `insert into orders (order_id, article, quantity, total_cents, course, facts, placed_at, due_at)
     values ($1, $2, $3, $4, $5, 1, now(), ${dueIn('$6')})`,
    [orderId, article, quantity, totalCents, course, nextInMs],
  );
  await publish(client, order, 0);
}

/**
 * Does the next step of one order that is due, in the caller's transaction: its row and the outbox row.
 * @returns the order's id, or null where none is due
 */
export async function advanceOne(client: pg.ClientBase, nextInMs: number): Promise<string | null> {
  const { rows } = await client.query<{
    order_id: string;
    article: string;
    quantity: number;
    total_cents: number;
    course: Course;
    facts: number;
  }>(
    `select order_id, article, quantity, total_cents, course, facts from orders
     where due_at <= now() order by due_at limit 1 for update skip locked`,
  );
  const [row] = rows;
  if (row === undefined) return null;
  const order: Order = {
    orderId: row.order_id,
    article: row.article,
    quantity: row.quantity,
    totalCents: row.total_cents,
    course: row.course,
  };
  await publish(client, order, row.facts);
  await client.query(
    `update orders set facts = facts + 1, due_at = case when $2::boolean then ${dueIn('$3')} end
     where order_id = $1`,
    [row.order_id, hasMore(row.course, row.facts + 1), nextInMs],
  );
  return row.order_id;
}

const dueIn = (parameter: string) => `now() + ${parameter}::integer * interval '1 ms'`;

async function publish(client: pg.ClientBase, order: Order, facts: number): Promise<void> {
  const fact = nextFact(order, facts);
  if (fact === null) throw new Error(`nothing comes after fact ${facts} of an order that is ${order.course}`);
  await client.query(
    `insert into order_outbox (event_id, aggregatetype, aggregateid, event_type, event_version, sequence, payload,
                               occurred_at, record_time)
     values ($1, 'orders', $2, $3, 1, $4, $5::jsonb, now(), now() at time zone 'utc')`,
    [randomUUID(), order.orderId, fact.type, facts + 1, JSON.stringify(fact.data)],
  );
}

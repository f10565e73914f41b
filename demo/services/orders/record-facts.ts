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
  const { rows } = await client.query<OrderRow>(
    `select order_id, article, quantity, total_cents, course, facts from orders
     where due_at <= now() order by due_at limit 1 for update skip locked`,
  );
  const [row] = rows;
  if (row === undefined) return null;
  await publish(client, orderOf(row), row.facts);
  await client.query(
    `update orders set facts = facts + 1, due_at = case when $2::boolean then ${dueIn('$3')} end
     where order_id = $1`,
    [row.order_id, hasMore(row.course, row.facts + 1), nextInMs],
  );
  return row.order_id;
}

/**
 * Notes that a refund which had failed was made after all, in the caller's transaction: its row, and the outbox row of
 * a correction. What else is to be undone comes due then. Answers whether it was owed.
 */
export async function recordRefund(
  client: pg.ClientBase,
  orderId: string,
  correction: { readonly eventId: string; readonly occurredAt: string; readonly corrects: object },
  nextInMs: number,
): Promise<boolean> {
  const { rows } = await client.query<OrderRow>(
    `update orders set course = 'refunded-late', facts = facts + 1, due_at = ${dueIn('$2')}
     where order_id = $1 and course = 'refund-fails' and due_at is null
     returning order_id, article, quantity, total_cents, course, facts`,
    [orderId, nextInMs],
  );
  const [row] = rows;
  if (row === undefined) return false;
  await publish(client, orderOf(row), row.facts - 1, correction);
  return true;
}

type OrderRow = {
  readonly order_id: string;
  readonly article: string;
  readonly quantity: number;
  readonly total_cents: number;
  readonly course: Course;
  readonly facts: number;
};

const orderOf = ({
  order_id: orderId,
  article,
  quantity,
  total_cents: totalCents,
  course,
}: OrderRow): Order => ({
  orderId,
  article,
  quantity,
  totalCents,
  course,
});

const dueIn = (parameter: string) => `now() + ${parameter}::integer * interval '1 ms'`;

async function publish(
  client: pg.ClientBase,
  order: Order,
  facts: number,
  correction?: { readonly eventId: string; readonly occurredAt: string; readonly corrects: object },
): Promise<void> {
  const fact = nextFact(order, facts);
  if (fact === null) throw new Error(`nothing comes after fact ${facts} of an order that is ${order.course}`);
  const data = correction === undefined ? fact.data : { ...fact.data, corrects: correction.corrects };
  await client.query(
    `insert into order_outbox (event_id, aggregatetype, aggregateid, event_type, event_version, sequence, payload,
                               occurred_at, record_time)
     values ($1, 'orders', $2, $3, 1, $4, $5::jsonb, coalesce($6::timestamptz, now()),
             coalesce($6::timestamptz, now()) at time zone 'utc')`,
    [
      correction?.eventId ?? randomUUID(),
      order.orderId,
      fact.type,
      facts + 1,
      JSON.stringify(data),
      correction?.occurredAt ?? null,
    ],
  );
}

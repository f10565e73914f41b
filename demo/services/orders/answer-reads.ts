/** What the read model of orders answers, by docs/read-your-write.md. */
import type pg from 'pg';
import { type Answer, type Asked, Unacceptable } from '../process/serve.ts';
import type { ReadWaits } from './read-waits.ts';

const retryAfterSeconds = 1;

/** @param now ms since the epoch, by which waits are measured */
export async function answerRead(
  pool: pg.Pool,
  waits: ReadWaits,
  { method, url }: Asked,
  now: () => number,
): Promise<Answer> {
  if (method !== 'GET') return { status: 405, headers: { allow: 'GET' }, body: { problem: 'only reads' } };
  if (url.pathname === '/waits') return { status: 200, body: waits.read() };
  const orderId = /^\/orders\/(O-[0-9a-f]{8})$/.exec(url.pathname)?.[1];
  if (orderId === undefined) return { status: 404, body: { problem: 'an order is read at /orders/<id>' } };
  const target = targetOf(url.searchParams.get('after'));
  const order = await find(pool, orderId);
  const position = BigInt(order?.facts ?? 0);
  if (target !== null && position < target) {
    waits.behind(orderId, target, now());
    return {
      status: 503,
      headers: { 'retry-after': String(retryAfterSeconds) },
      body: { position: String(position), target: String(target) },
    };
  }
  if (target !== null) waits.answered(orderId, target);
  if (order === null) return { status: 404, body: { problem: `no order ${orderId} has come here yet` } };
  const { status, total_cents: totalCents } = order;
  return { status: 200, body: { order: orderId, status, totalCents, position: String(position) } };
}

function targetOf(after: string | null): bigint | null {
  if (after === null) return null;
  if (!/^\d{1,18}$/.test(after))
    throw new Unacceptable('after is a position that a write has answered: a whole number');
  return BigInt(after);
}

async function find(
  pool: pg.Pool,
  orderId: string,
): Promise<{ status: string; total_cents: number; facts: number } | null> {
  const { rows } = await pool.query<{ status: string; total_cents: number; facts: number }>(
    'select status, total_cents, facts from order_state where order_id = $1',
    [orderId],
  );
  return rows[0] ?? null;
}

import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { drawOrder } from '../../story/order-story.ts';
import type { Random } from '../../story/random.ts';
import { inTransaction, isPassing } from '../process/database.ts';
import type { Logger } from '../process/lifetime.ts';
import { drawStepMs, newOrderId } from './answer-writes.ts';
import { advanceOne, placeOrder } from './record-facts.ts';

const lookEveryMs = 250;

/** Takes an order now and then, and does the steps of all orders as they become due, until it is stopped. */
export async function feedOrders(
  pool: pg.Pool,
  options: { everyMs: number; random: Random; log: Logger; stopped: AbortSignal },
): Promise<void> {
  const { everyMs, random, log, stopped } = options;
  let nextAt = Date.now();
  while (!stopped.aborted) {
    try {
      if (Date.now() >= nextAt) {
        const order = drawOrder(random, newOrderId());
        await inTransaction(pool, (client) => placeOrder(client, order, drawStepMs(random)));
        nextAt = Date.now() + everyMs;
      }
      while (!stopped.aborted) {
        const advanced = await inTransaction(pool, (client) => advanceOne(client, drawStepMs(random)));
        if (advanced === null) break;
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
      log.warn({ reason: error instanceof Error ? error.message : '' }, 'orders wait for the database');
      await pause(1_000, undefined, { signal: stopped }).catch(() => undefined);
    }
    await pause(lookEveryMs, undefined, { signal: stopped }).catch(() => undefined);
  }
}

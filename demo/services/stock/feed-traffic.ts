import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { type Random, seededRandom } from '../../story/random.ts';
import { openShopFloor, type Shelf } from '../../story/shop-floor.ts';
import type { StockFact } from '../../story/stock-facts.ts';
import { inTransaction, isPassing } from '../process/database.ts';
import type { Logger } from '../process/lifetime.ts';
import { ImpossibleFact, recordFacts } from './record-facts.ts';

/**
 * Receipts, orders and shipments at a steady rate until the time is up. Nothing is counted: a count would set
 * every derived state right and so hide a difference that somebody is looking at.
 * @returns how many facts were recorded
 */
export async function feedTraffic(
  pool: pg.Pool,
  options: { perSecond: number; seconds: number; log: Logger; stopped: AbortSignal },
): Promise<number> {
  const { perSecond, seconds, log, stopped } = options;
  const random = seededRandom(randomUUID());
  const skus = await readSkus(pool);
  if (skus.length === 0) throw new Error('there is no stock yet: the demo has not been set up');
  const startedAt = Date.now();
  let recorded = 0;
  while (!stopped.aborted && Date.now() - startedAt < seconds * 1_000) {
    const due = Math.floor(((Date.now() - startedAt) / 1_000) * perSecond) + 1;
    while (recorded < due && !stopped.aborted) {
      if (await recordOne(pool, random, random.pick(skus), log)) recorded += 1;
    }
    await pause(Math.min(50, 1_000 / perSecond), undefined, { signal: stopped }).catch(() => undefined);
  }
  return recorded;
}

export async function readSkus(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ sku: string }>('select sku from stock order by sku');
  return rows.map((row) => row.sku);
}

async function recordOne(pool: pg.Pool, random: Random, sku: string, log: Logger): Promise<boolean> {
  try {
    const fact = await drawOrder(pool, random, sku);
    await inTransaction(pool, (client) => recordFacts(client, [fact]));
    return true;
  } catch (error) {
    // Somebody else's order came first, or the server is away for a moment: the next order may fare better.
    if (!(error instanceof ImpossibleFact) && !isPassing(error)) throw error;
    log.warn({ reason: error instanceof Error ? error.message : '' }, 'an order was not taken');
    await pause(100);
    return false;
  }
}

/** Something that may happen to a SKU as it stands. */
export async function drawOrder(pool: pg.Pool, random: Random, sku: string): Promise<StockFact> {
  return drawFact(random, sku, await readShelf(pool, sku));
}

/** The stock of a SKU and its open orders, as the movements tell them. */
async function readShelf(pool: pg.Pool, sku: string): Promise<Shelf> {
  const stock = await pool.query<{ on_hand: number; reserved: number }>(
    'select on_hand, reserved from stock where sku = $1',
    [sku],
  );
  const open = await pool.query<{ order: string; quantity: number }>(
    `select reference as order, sum(reserved_change)::integer as quantity
     from stock_movements where sku = $1 and reference is not null
     group by reference having sum(reserved_change) > 0`,
    [sku],
  );
  const { on_hand: onHand, reserved } = stock.rows[0] ?? { on_hand: 0, reserved: 0 };
  return { stock: { onHand, reserved }, orders: open.rows };
}

function drawFact(random: Random, sku: string, shelf: Shelf): StockFact {
  const event = openShopFloor(random, new Map([[sku, shelf]])).draw(sku, 2, { counts: false });
  return { ...event, sku, eventId: randomUUID(), occurredAt: new Date().toISOString() };
}

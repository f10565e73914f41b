/** Places orders with the order service, and reads them from their read model, as a customer's page would. */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { orderProjector } from '../layout.ts';
import { withClient } from '../setup/roles.ts';
import type { Course } from '../story/order-story.ts';
import type { ShopAddress } from './addresses.ts';

const placed = z.object({ order: z.string(), position: z.string() });
const behind = z.object({ position: z.string(), target: z.string() });
const read = z.object({ order: z.string(), status: z.string(), position: z.string() });
const waitsSchema = z.object({
  buckets: z.array(z.object({ atMostMs: z.number().nullable(), count: z.number() })),
  waited: z.number(),
  waitedMs: z.number(),
  longestMs: z.number(),
  atOnce: z.number(),
  waiting: z.number(),
});

export type Placed = z.infer<typeof placed>;
type Waits = z.infer<typeof waitsSchema>;

/** Where the order service and the read model answer; null of one that has never run. */
export async function orderAddresses(
  shop: ShopAddress,
): Promise<{ readonly writes: string | null; readonly reads: string | null }> {
  return withClient(shop.url, async (client) => {
    const { rows } = await client.query<{ service: string; url: string }>(
      'select service, url from service_addresses',
    );
    const urlOf = (service: string) => rows.find((row) => row.service === service)?.url ?? null;
    return { writes: urlOf('orders'), reads: urlOf(orderProjector) };
  });
}

/** Places an order that takes this course; null: any. */
export async function placeOrder(shop: ShopAddress, course: Course | null): Promise<Placed> {
  const { writes } = await orderAddresses(shop);
  if (writes === null)
    throw new Error('the order service has not been started: run npm start, and leave it running');
  const answer = await ask(`${writes}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(course === null ? {} : { course }),
  });
  if (answer.status !== 201) throw new Error(`the order service answered ${answer.status}`);
  return placed.parse(await answer.json());
}

export type ReadBack = {
  readonly placed: Placed;
  readonly waitedMs: number;
  readonly tries: number;
  readonly status: string;
  readonly position: string;
};

/** Writes, and reads what was written from the read model; asks again when it is told to. */
export async function readYourWrite(
  shop: ShopAddress,
  options: { withinMs: number; say: (line: string) => void },
): Promise<ReadBack> {
  const { reads } = await orderAddresses(shop);
  if (reads === null)
    throw new Error('the read model of orders has not been started: run npm start, and leave it running');
  const written = await placeOrder(shop, null);
  options.say(`Placed ${written.order}; its position is ${written.position}.`);
  const startedAt = performance.now();
  for (let tries = 1; ; tries += 1) {
    const answer = await ask(`${reads}/orders/${written.order}?after=${written.position}`);
    const waitedMs = Math.round(performance.now() - startedAt);
    if (answer.status === 200) {
      const { status, position } = read.parse(await answer.json());
      return { placed: written, waitedMs, tries, status, position };
    }
    if (answer.status !== 503) throw new Error(`the read model answered ${answer.status}`);
    const { position, target } = behind.parse(await answer.json());
    const retryAfter = Number(answer.headers.get('retry-after') ?? 1);
    options.say(`503: it is at ${position}, and ${target} was asked for. Again in ${retryAfter} s.`);
    if (waitedMs > options.withinMs)
      throw new Error(
        `${written.order} could not be read within ${options.withinMs / 1_000} s: is the projector stalled?`,
      );
    await pause(retryAfter * 1_000);
  }
}

/** null: the read model does not answer. */
export async function readWaits(readsUrl: string | null): Promise<Waits | null> {
  if (readsUrl === null) return null;
  try {
    const answer = await ask(`${readsUrl}/waits`);
    return waitsSchema.parse(await answer.json());
  } catch {
    return null;
  }
}

/** The histogram in words. */
export function waitLine({ buckets, waited, waitedMs, longestMs, atOnce }: Waits): string {
  if (waited === 0) return `of the reads after a write ${atOnce} were answered at once, none had to wait`;
  const shown = buckets.flatMap(({ atMostMs, count }) =>
    count === 0 ? [] : [`${count} ${atMostMs === null ? 'longer' : `within ${atMostMs} ms`}`],
  );
  const mean = Math.round(waitedMs / waited);
  return `of the reads after a write ${atOnce} were answered at once, ${waited} waited (${shown.join(', ')}; mean ${mean} ms, longest ${longestMs} ms)`;
}

async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
  } catch {
    throw new Error(`${new URL(url).origin} does not answer: run npm start, and leave it running`);
  }
}

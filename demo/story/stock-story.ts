/**
 * The order and stock history that the demo starts from: pure, and the same for the same parameters.
 *
 * The first release of the service writes version 1 of receipts and shipments, the second version 2. Warehouse
 * runs without an idempotency check until `parts.before` has been applied and with one afterwards. Retries in
 * that first part touch what a second application can't harm (reservations, which warehouse doesn't keep, and
 * counts, which set and don't add), except for one shipment of the fault's SKU.
 */
import { type Fault, writeFaultScript } from './fault-script.ts';
import { type Random, seededRandom } from './random.ts';
import { insertRetries, type StoryStep } from './retries.ts';
import { openShopFloor, type ShopFloor, type Writer } from './shop-floor.ts';
import type { StockEvent, StockFact } from './stock-facts.ts';

export type StoryParameters = {
  readonly seed: string;
  /** Records on the topic, redeliveries included. */
  readonly events: number;
  /** Records that carry an event id which was there before. */
  readonly redeliveries: number;
  readonly skus: number;
  readonly fault: Fault;
  readonly startsAt: Date;
  readonly endsAt: Date;
};

export const storyDefaults = {
  seed: 'reprise',
  events: 1_842,
  redeliveries: 17,
  skus: 412,
  fault: { quantity: 388, unreadReceipt: 8, repeatedShipment: 9 },
} as const satisfies Omit<StoryParameters, 'startsAt' | 'endsAt'>;

export type StockStory = {
  readonly faultSku: string;
  /** Before and after warehouse's release with an idempotency check. */
  readonly parts: { readonly before: readonly StoryStep[]; readonly after: readonly StoryStep[] };
};

/** Shares of the history after which the service writes version 2, and warehouse checks ids. */
const secondRelease = 0.4;
const idempotencyRelease = 0.62;
/** Shares of the fault SKU's own facts at which its two special ones stand. */
const shipmentShare = 0.5;
const receiptShare = 0.78;

/** @throws RangeError naming the parameter that no history can be written for. */
export function writeStockStory(parameters: StoryParameters): StockStory {
  const { events, redeliveries, seed } = parameters;
  checkParameters(parameters);
  const distinct = events - redeliveries;
  const random = seededRandom(seed);
  const skus = nameSkus(random, parameters.skus);
  const faultSku = random.pick(skus);
  const writerAt = (position: number): Writer => (position < distinct * secondRelease ? 1 : 2);
  const slots = faultSlots(random, distinct);
  const script = writeFaultScript({
    seed,
    fault: parameters.fault,
    writers: slots.map(writerAt),
    shipmentAt: Math.floor(slots.length * shipmentShare),
    receiptAt: Math.floor(slots.length * receiptShare),
  });
  const scripted = new Map(slots.map((slot, i) => [slot, script.events[i]]));
  const others = skus.filter((sku) => sku !== faultSku);
  const happened = happenings({ random, distinct, scripted, others, faultSku, writerAt });
  const facts = stamp(random, happened, parameters);
  const border = Math.floor(distinct * idempotencyRelease);
  const parts = insertRetries(random, facts, {
    border,
    redeliveries,
    harmful: slots[script.shipmentAt] ?? -1,
    faultSku,
  });
  return { faultSku, parts };
}

function checkParameters({ events, redeliveries, skus, startsAt, endsAt }: StoryParameters): void {
  const whole = [events, redeliveries, skus].every((n) => Number.isInteger(n) && n > 0);
  if (!whole) throw new RangeError('events, redeliveries and skus must be whole numbers above 0');
  if (skus < 2) throw new RangeError('skus must be at least 2: one is faulty, and another is not');
  if (skus > 8_000) throw new RangeError('skus must be at most 8,000');
  if (events - redeliveries < skus + 60) {
    throw new RangeError(
      `events must be at least redeliveries + skus + 60, here ${redeliveries + skus + 60}`,
    );
  }
  if (redeliveries > events / 20) throw new RangeError('redeliveries must be at most a twentieth of events');
  if (endsAt <= startsAt) throw new RangeError('endsAt must be after startsAt');
}

function nameSkus(random: Random, count: number): string[] {
  const ranges = ['TEA', 'MUG', 'POT', 'TIN', 'CUP', 'JAR', 'BAG', 'LID'] as const;
  const names = new Set<string>();
  while (names.size < count) names.add(`${random.pick(ranges)}-${random.between(1_000, 9_999)}`);
  return [...names];
}

/** Positions of the fault SKU's facts, spread over the whole history. */
function faultSlots(random: Random, distinct: number): number[] {
  const count = Math.max(12, Math.round(distinct * 0.016));
  const width = distinct / count;
  return Array.from(
    { length: count },
    (_, i) => Math.floor(i * width) + random.between(0, Math.floor(width / 2)),
  );
}

type Happening = { sku: string; event: StockEvent };

function happenings(options: {
  random: Random;
  distinct: number;
  scripted: ReadonlyMap<number, StockEvent | undefined>;
  others: readonly string[];
  faultSku: string;
  writerAt: (position: number) => Writer;
}): Happening[] {
  const { random, distinct, scripted, others, faultSku, writerAt } = options;
  const floor = openShopFloor(random);
  const unopened = [...others].reverse();
  const opened: string[] = [];
  return Array.from({ length: distinct }, (_, position) => {
    const planned = scripted.get(position);
    if (planned !== undefined) return { sku: faultSku, event: planned };
    const plannedLeft = [...scripted.keys()].filter((slot) => slot > position).length;
    const left = distinct - position - plannedLeft;
    const happening = nextHappening({ random, floor, unopened, opened, left, writer: writerAt(position) });
    floor.record(happening.sku, happening.event);
    return happening;
  });
}

/** Opens another SKU with a receipt, or lets something happen to one that is open. */
function nextHappening(options: {
  random: Random;
  floor: ShopFloor;
  unopened: string[];
  opened: string[];
  left: number;
  writer: Writer;
}): Happening {
  const { random, floor, unopened, opened, left, writer } = options;
  const mustOpen = opened.length === 0 || unopened.length >= left;
  const sku = mustOpen || random.chance((unopened.length * 3) / left) ? unopened.pop() : undefined;
  if (sku !== undefined) {
    opened.push(sku);
    return { sku, event: floor.receive(sku, writer, random.between(20, 400)) };
  }
  const known = random.pick(opened);
  return { sku: known, event: floor.draw(known, writer) };
}

/** Gives each happening its id and time; times never go back. */
function stamp(random: Random, happened: readonly Happening[], parameters: StoryParameters): StockFact[] {
  const start = parameters.startsAt.getTime();
  const span = parameters.endsAt.getTime() - start;
  return happened.map(({ sku, event }, i) => {
    const at = start + Math.floor((span * (i + random.unit())) / happened.length);
    return { ...event, sku, eventId: random.uuid(), occurredAt: new Date(at).toISOString() };
  });
}

/**
 * The facts of the one SKU that the three derived states will disagree on.
 *
 * Its opening receipt is chosen last, so that the SKU ends at the quantity asked for. Drafts in which a second
 * event could account for either difference are thrown away: a reader of the demo should find one cause each.
 */
import { type Random, seededRandom } from './random.ts';
import { openShopFloor, type Writer } from './shop-floor.ts';
import { changeOf, isPossible, noStock, type StockEvent, stockAfter } from './stock-facts.ts';

export type Fault = {
  /** What history says at the end. */
  readonly quantity: number;
  /** Units of the receipt that is written in a version which selling can't read. */
  readonly unreadReceipt: number;
  /** Units of the shipment that is published twice while warehouse has no idempotency check. */
  readonly repeatedShipment: number;
};

export type FaultScript = {
  readonly events: readonly StockEvent[];
  readonly shipmentAt: number;
  readonly receiptAt: number;
};

const attempts = 2_000;

/** @throws RangeError where no history of this length ends at the quantity asked for. */
export function writeFaultScript(options: {
  seed: string;
  fault: Fault;
  /** The writer of each of the SKU's facts; its length is the script's. */
  writers: readonly Writer[];
  shipmentAt: number;
  receiptAt: number;
}): FaultScript {
  const { fault, shipmentAt, receiptAt } = options;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const events = draft(seededRandom(`${options.seed}/fault/${attempt}`), options);
    if (events !== null && isUnambiguous(events, fault, shipmentAt, receiptAt)) {
      return { events, shipmentAt, receiptAt };
    }
  }
  throw new RangeError(
    `no history of ${options.writers.length} facts was found that ends at ${fault.quantity} with a receipt of ` +
      `${fault.unreadReceipt} and a shipment of ${fault.repeatedShipment}; take a larger quantity`,
  );
}

function draft(
  random: Random,
  { fault, writers, shipmentAt, receiptAt }: Parameters<typeof writeFaultScript>[0],
): readonly StockEvent[] | null {
  const opening = openShopFloor(random);
  const writer = writers[0] ?? 1;
  // While it is drawn, the SKU stands near its final quantity; the opening receipt is settled afterwards.
  const sku = 'drawn';
  opening.record(sku, opening.receive(sku, writer, fault.quantity));
  const later: StockEvent[] = [];
  for (const by of writers.slice(1)) {
    const at = later.length + 1;
    const event =
      scripted(at, random, { fault, shipmentAt, receiptAt }) ?? drawUncounted(opening, sku, by, fault);
    const stock = opening.stockOf(sku);
    if (!isPossible(stockAfter(stock, changeOf(event, stock)))) return null;
    opening.record(sku, event);
    later.push(event);
  }
  const drift = opening.stockOf(sku).onHand - fault.quantity;
  const first = fault.quantity - drift;
  if (first <= 0) return null;
  const events = [opening.receive(sku, writer, first), ...later];
  return canHappen(events) ? events : null;
}

/** A count would set every derived state right, so the SKU is never counted. */
function drawUncounted(
  floor: ReturnType<typeof openShopFloor>,
  sku: string,
  by: Writer,
  fault: Fault,
): StockEvent {
  return floor.draw(sku, by, { counts: false, avoid: [fault.unreadReceipt, fault.repeatedShipment] });
}

function scripted(
  at: number,
  random: Random,
  { fault, shipmentAt, receiptAt }: { fault: Fault; shipmentAt: number; receiptAt: number },
): StockEvent | null {
  if (at === shipmentAt) {
    const order = `ORD-${random.between(100_000, 999_999)}`;
    return {
      type: 'StockShipped',
      version: 2,
      data: { order, quantity: fault.repeatedShipment, fromReservation: 0 },
    };
  }
  if (at === receiptAt) {
    // The pilot dock scans cases; where the units don't divide, it scans them one by one.
    const unitsPerCase = fault.unreadReceipt % 4 === 0 ? 4 : 1;
    const cases = fault.unreadReceipt / unitsPerCase;
    return { type: 'StockReceived', version: 3, data: { cases, unitsPerCase, supplier: 'Pilot dock 4' } };
  }
  return null;
}

function canHappen(events: readonly StockEvent[]): boolean {
  let stock = noStock;
  for (const event of events) {
    stock = stockAfter(stock, changeOf(event, stock));
    if (!isPossible(stock)) return false;
  }
  return true;
}

/** No other single fact, and no lost tail of facts, comes to the same difference. */
function isUnambiguous(
  events: readonly StockEvent[],
  fault: Fault,
  shipmentAt: number,
  receiptAt: number,
): boolean {
  const sizes = [fault.unreadReceipt, fault.repeatedShipment];
  const changes = events.map((event) => changeOf(event, noStock).onHand);
  const alone = changes.every(
    (change, i) => i === shipmentAt || i === receiptAt || !sizes.includes(Math.abs(change)),
  );
  let tail = 0;
  const noTail = changes
    .slice(1)
    .reverse()
    .every((change) => {
      tail += change;
      return !sizes.includes(Math.abs(tail));
    });
  return alone && noTail;
}

/** A shop floor that facts are drawn from: it knows its stock and open orders, so that no fact is impossible. */
import type { Random } from './random.ts';
import { changeOf, isPossible, noStock, type Stock, type StockEvent, stockAfter } from './stock-facts.ts';

/** Which release of the service writes: the first, or the one with suppliers and counter sales. */
export type Writer = 1 | 2;

/** What stands on a shelf, and the orders that some of it is promised to. */
export type Shelf = { stock: Stock; orders: { order: string; quantity: number }[] };

export type ShopFloor = {
  stockOf(sku: string): Stock;
  /** A fact that can happen to this SKU now. `avoid` names quantities that must not be drawn. */
  draw(sku: string, writer: Writer, options?: { counts?: boolean; avoid?: readonly number[] }): StockEvent;
  receive(sku: string, writer: Writer, quantity: number): StockEvent;
  /** @throws RangeError where the fact can't happen to the stock as it is. */
  record(sku: string, event: StockEvent): void;
};

const suppliers = ['Alder & Sons', 'Bergmann', 'Costa Norte', 'Delft Trading', 'Eastgate'] as const;
const reasons = ['damaged', 'found', 'expired'] as const;

/** @param start shelves that are filled already, where the floor is not opened empty. */
export function openShopFloor(random: Random, start: ReadonlyMap<string, Shelf> = new Map()): ShopFloor {
  const shelves = new Map<string, Shelf>();
  const shelfOf = (sku: string): Shelf => {
    const found = shelves.get(sku) ?? start.get(sku) ?? { stock: noStock, orders: [] };
    shelves.set(sku, found);
    return found;
  };
  const receive = (_sku: string, writer: Writer, quantity: number): StockEvent =>
    writer === 1
      ? { type: 'StockReceived', version: 1, data: { quantity } }
      : { type: 'StockReceived', version: 2, data: { quantity, supplier: random.pick(suppliers) } };
  return {
    receive,
    stockOf: (sku) => shelfOf(sku).stock,
    record: (sku, event) => place(shelfOf(sku), sku, event),
    draw: (sku, writer, options = {}) => {
      const shelf = shelfOf(sku);
      const quantityUpTo = (most: number) => drawQuantity(random, most, options.avoid ?? []);
      const drawn = random.pick(choices(shelf, writer, options.counts ?? true));
      const event = drawEvent(drawn, { random, shelf, writer, quantityUpTo });
      return event ?? receive(sku, writer, quantityUpTo(60) ?? 1);
    },
  };
}

type Choice = 'receive' | 'reserve' | 'ship-reserved' | 'ship-from-shelf' | 'release' | 'count' | 'adjust';

function choices(shelf: Shelf, writer: Writer, counts: boolean): Choice[] {
  const free = shelf.stock.onHand - shelf.stock.reserved;
  const found: Choice[] = ['receive', 'receive'];
  if (free > 2) found.push('reserve', 'reserve', 'reserve', 'adjust');
  if (free > 2 && writer === 2) found.push('ship-from-shelf', 'ship-from-shelf');
  if (shelf.orders.length > 0) found.push('ship-reserved', 'ship-reserved', 'ship-reserved', 'release');
  if (counts) found.push('count');
  return found;
}

type Drawing = {
  random: Random;
  shelf: Shelf;
  writer: Writer;
  quantityUpTo: (most: number) => number | null;
};

/** The event of a choice, or null where no allowed quantity is left for it. */
function drawEvent(choice: Choice, { random, shelf, writer, quantityUpTo }: Drawing): StockEvent | null {
  const { onHand, reserved } = shelf.stock;
  const order = `ORD-${random.between(100_000, 999_999)}`;
  const free = onHand - reserved;
  switch (choice) {
    case 'receive':
      return null;
    case 'reserve': {
      const quantity = quantityUpTo(Math.min(free, 12));
      return quantity === null ? null : { type: 'StockReserved', version: 1, data: { order, quantity } };
    }
    case 'ship-from-shelf': {
      const quantity = quantityUpTo(Math.min(free, 12));
      if (quantity === null) return null;
      return { type: 'StockShipped', version: 2, data: { order, quantity, fromReservation: 0 } };
    }
    case 'ship-reserved': {
      const promised = random.pick(shelf.orders);
      return writer === 1
        ? { type: 'StockShipped', version: 1, data: { ...promised } }
        : { type: 'StockShipped', version: 2, data: { ...promised, fromReservation: promised.quantity } };
    }
    case 'release':
      return { type: 'ReservationReleased', version: 1, data: { ...random.pick(shelf.orders) } };
    case 'count': {
      const counted = Math.max(reserved, onHand + random.between(-3, 3));
      return { type: 'StockCounted', version: 1, data: { counted } };
    }
    case 'adjust': {
      const lost = quantityUpTo(Math.min(free, 4));
      if (lost === null) return null;
      const reason = random.pick(reasons);
      return {
        type: 'StockAdjusted',
        version: 1,
        data: { change: reason === 'found' ? lost : -lost, reason },
      };
    }
  }
}

function drawQuantity(random: Random, most: number, avoid: readonly number[]): number | null {
  const allowed = Array.from({ length: most }, (_, i) => i + 1).filter((n) => !avoid.includes(n));
  return allowed.length === 0 ? null : random.pick(allowed);
}

function place(shelf: Shelf, sku: string, event: StockEvent): void {
  const after = stockAfter(shelf.stock, changeOf(event, shelf.stock));
  if (!isPossible(after))
    throw new RangeError(`${event.type} can't happen to ${sku}: it would leave ${JSON.stringify(after)}`);
  shelf.stock = after;
  if (event.type === 'StockReserved') shelf.orders.push({ ...event.data });
  if (event.type === 'StockShipped' || event.type === 'ReservationReleased') {
    const at = shelf.orders.findIndex((open) => open.order === event.data.order);
    if (at >= 0) shelf.orders.splice(at, 1);
  }
}

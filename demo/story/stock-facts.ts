/**
 * What can happen to a SKU, as the order and stock service knows it: facts and what each does to stock.
 * The projectors and the contract read the published events on their own; nothing of theirs is in here.
 */
export type StockEvent =
  | { readonly type: 'StockReceived'; readonly version: 1; readonly data: { quantity: number } }
  | {
      readonly type: 'StockReceived';
      readonly version: 2;
      readonly data: { quantity: number; supplier: string };
    }
  | {
      readonly type: 'StockReceived';
      readonly version: 3;
      readonly data: { cases: number; unitsPerCase: number; supplier: string };
    }
  /** Version 1 could only ship what had been reserved. */
  | { readonly type: 'StockShipped'; readonly version: 1; readonly data: { order: string; quantity: number } }
  | {
      readonly type: 'StockShipped';
      readonly version: 2;
      readonly data: { order: string; quantity: number; fromReservation: number };
    }
  | {
      readonly type: 'StockReserved';
      readonly version: 1;
      readonly data: { order: string; quantity: number };
    }
  | {
      readonly type: 'ReservationReleased';
      readonly version: 1;
      readonly data: { order: string; quantity: number };
    }
  | { readonly type: 'StockCounted'; readonly version: 1; readonly data: { counted: number } }
  | {
      readonly type: 'StockAdjusted';
      readonly version: 1;
      readonly data: { change: number; reason: string };
    };

export type StockFact = StockEvent & {
  readonly eventId: string;
  readonly sku: string;
  /** ISO 8601, UTC. */
  readonly occurredAt: string;
  /** Travels in the event's data, where the fact corrects an earlier one. */
  readonly corrects?: Readonly<Record<string, string>>;
};

/** Units on the shelf, and how many of them are promised to orders. */
export type Stock = { readonly onHand: number; readonly reserved: number };
export const noStock: Stock = { onHand: 0, reserved: 0 };

export type StockChange = {
  readonly onHand: number;
  readonly reserved: number;
  readonly reference: string | null;
};

/** What a fact changes, given the stock before it. */
export function changeOf(event: StockEvent, before: Stock): StockChange {
  switch (event.type) {
    case 'StockReceived':
      return { onHand: unitsReceived(event), reserved: 0, reference: null };
    case 'StockShipped': {
      const { order, quantity } = event.data;
      const promised = event.version === 1 ? quantity : event.data.fromReservation;
      return { onHand: -quantity, reserved: -promised, reference: order };
    }
    case 'StockReserved':
      return { onHand: 0, reserved: event.data.quantity, reference: event.data.order };
    case 'ReservationReleased':
      return { onHand: 0, reserved: -event.data.quantity, reference: event.data.order };
    case 'StockCounted':
      return { onHand: event.data.counted - before.onHand, reserved: 0, reference: null };
    case 'StockAdjusted':
      return { onHand: event.data.change, reserved: 0, reference: event.data.reason };
  }
}

function unitsReceived(event: Extract<StockEvent, { type: 'StockReceived' }>): number {
  return event.version === 3 ? event.data.cases * event.data.unitsPerCase : event.data.quantity;
}

export function stockAfter(before: Stock, change: StockChange): Stock {
  return { onHand: before.onHand + change.onHand, reserved: before.reserved + change.reserved };
}

/** No unit can be missing, or promised without being there. */
export function isPossible(stock: Stock): boolean {
  return stock.onHand >= 0 && stock.reserved >= 0 && stock.reserved <= stock.onHand;
}

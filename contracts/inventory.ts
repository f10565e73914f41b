/**
 * Inventory: how many units of each SKU are on the shelf, and how many of them are promised.
 *
 * The order and stock service writes business rows and outbox rows in one transaction, Debezium carries the
 * outbox to `inventory.events`, and three projectors keep a state of their own. This contract says which of them
 * is right. Copy it for a Kafka topic of yours.
 */
import { z } from 'zod';
import {
  correctionsByService,
  defineContract,
  event,
  fromHeader,
  fromKey,
  kafkaHistory,
  perPartition,
  postgresState,
} from '../server/domain/contract/define.ts';

type Stock = { readonly onHand: number; readonly reserved: number };

const units = z.number().int().positive();

/** What all three derived states have in common: their database, their key, and how they tell how far they are. */
const stockState = (name: 'inventory' | 'selling' | 'warehouse') => ({
  connection: 'shop',
  table: `${name}_state`,
  key: 'sku',
  position: perPartition({ table: 'applied_positions', where: { projector: name } }),
  consumerGroup: `${name}-projector`,
  deadLetters: {
    topic: `inventory.events.${name}.dlq`,
    id: fromHeader('id'),
    cause: fromHeader('dlq.cause'),
    // Each projector reads a topic of its own beside the history: what is sent again reaches it alone.
    redriveTo: `inventory.events.${name}.retry`,
  },
});

// Stock is no secret: everybody who may read sees these. Without `shown` a field is hidden until it is revealed.
const quantity = { column: 'quantity', expected: (stock: Stock) => stock.onHand, shown: true };
const reserved = { column: 'reserved', expected: (stock: Stock) => stock.reserved, shown: true };

export default defineContract({
  id: 'inventory',
  title: 'Inventory',
  description: 'Units on hand and reserved for each SKU, from the outbox of the order and stock service.',
  authors: ['stock-team'],

  // H: everything that ever happened to stock is on this topic.
  history: kafkaHistory({ topic: 'inventory.events' }),

  // O: order holds within a SKU; each fact carries its number among the facts of its SKU.
  ordering: { key: fromKey(), partitioner: 'murmur2', sequence: fromHeader('sequence') },

  // I: the outbox router puts event_id into the header `id`; a retry carries the same one.
  envelope: {
    id: fromHeader('id'),
    type: fromHeader('eventType'),
    version: fromHeader('eventVersion'),
    occurredAt: fromHeader('occurredAt'),
  },

  events: {
    StockReceived: event(1, z.object({ quantity: units }))
      .next(2, z.object({ quantity: units, supplier: z.string() }), (v1) => ({ ...v1, supplier: 'unknown' }))
      // The pilot dock scans cases: a quantity is now a product. A loose unit is a case of one.
      .next(3, z.object({ cases: units, unitsPerCase: units, supplier: z.string() }), (v2) => ({
        cases: v2.quantity,
        unitsPerCase: 1,
        supplier: v2.supplier,
      })),

    StockShipped: event(1, z.object({ order: z.string(), quantity: units }))
      // Until version 2 only reserved units could be shipped.
      .next(
        2,
        z.object({ order: z.string(), quantity: units, fromReservation: z.number().int().nonnegative() }),
        (v1) => ({ ...v1, fromReservation: v1.quantity }),
      ),

    StockReserved: event(1, z.object({ order: z.string(), quantity: units })),
    ReservationReleased: event(1, z.object({ order: z.string(), quantity: units })),
    StockCounted: event(1, z.object({ counted: z.number().int().nonnegative() })),
    StockAdjusted: event(1, z.object({ change: z.number().int(), reason: z.string() })),
  },

  // F: a pure fold over the facts of one SKU.
  projection: {
    initial: (): Stock => ({ onHand: 0, reserved: 0 }),
    apply: ({ onHand, reserved }, { type, data }): Stock => {
      switch (type) {
        case 'StockReceived':
          return { onHand: onHand + data.cases * data.unitsPerCase, reserved };
        case 'StockShipped':
          return { onHand: onHand - data.quantity, reserved: reserved - data.fromReservation };
        case 'StockReserved':
          return { onHand, reserved: reserved + data.quantity };
        case 'ReservationReleased':
          return { onHand, reserved: reserved - data.quantity };
        case 'StockCounted':
          return { onHand: data.counted, reserved };
        case 'StockAdjusted':
          return { onHand: onHand + data.change, reserved };
      }
    },
  },

  derivedStates: {
    inventory: postgresState<Stock>({
      title: 'Inventory',
      ...stockState('inventory'),
      fields: { quantity, reserved },
    }),
    selling: postgresState<Stock>({
      title: 'Selling',
      ...stockState('selling'),
      fields: { quantity, reserved },
    }),
    // Warehouse knows what is on the shelf; what is promised is not its business.
    warehouse: postgresState<Stock>({ title: 'Warehouse', ...stockState('warehouse'), fields: { quantity } }),
  },

  // Q: how we know that the replayed state is right, and that the books it came from are.
  invariants: {
    sellable_quantity_non_negative: { over: 'key', holds: (stock) => stock.onHand - stock.reserved >= 0 },
    reserved_quantity_non_negative: { over: 'key', holds: (stock) => stock.reserved >= 0 },
    stock_on_hand_matches_transactions: {
      over: 'sql',
      connection: 'shop',
      query: `
        select stock.sku, stock.on_hand, coalesce(sum(moved.on_hand_change), 0) as by_transactions
        from stock left join stock_movements as moved on moved.sku = stock.sku
        group by stock.sku, stock.on_hand
        having stock.on_hand <> coalesce(sum(moved.on_hand_change), 0)`,
    },
  },

  // Every row of the outbox has to arrive on the topic. What does not within half a minute is a lost event.
  sent: {
    connection: 'shop',
    table: 'outbox',
    id: 'event_id',
    at: 'written_at',
    position: 'publication',
  },

  // A correction is booked by the service that owns the outbox. What went past the outbox would count as a loss.
  corrections: correctionsByService('shop'),

  // S: any part of it may be replayed. E is what Reprise records by itself.
  scope: { maxEvents: 10_000_000 },
  approvals: { promotion: 1 },
  evidence: { maxAgeHours: 24 },
});

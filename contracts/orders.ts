/**
 * Orders: how far each order has come, and whether what was undone was really undone.
 *
 * An order is a saga: it is placed, its stock is reserved, it is paid, it is shipped; where a step can't be done, those
 * before it are undone one by one. The steps stand below, so that Reprise says which orders are stuck, and counts
 * compensations that fail. Copy it for a saga of yours.
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

type Status =
  | 'placed'
  | 'reserved'
  | 'paid'
  | 'shipped'
  | 'declined'
  | 'refused'
  | 'refunded'
  | 'refund failed'
  | 'released'
  | 'cancelled';

type Order = {
  readonly status: Status | 'unknown';
  readonly totalCents: number;
  /** Facts so far: what a write answers as its position, and a read asks for. */
  readonly facts: number;
  readonly paidCents: number;
  readonly shipped: boolean;
};

const cents = z.number().int().positive();
const units = z.number().int().positive();

export default defineContract({
  id: 'orders',
  title: 'Orders',
  description: 'The saga of each order: placed, reserved, paid and shipped, or undone step by step.',
  authors: ['order-team'],

  history: kafkaHistory({ topic: 'orders.events' }),
  ordering: { key: fromKey(), partitioner: 'murmur2', sequence: fromHeader('sequence') },
  envelope: {
    id: fromHeader('id'),
    type: fromHeader('eventType'),
    version: fromHeader('eventVersion'),
    occurredAt: fromHeader('occurredAt'),
  },

  events: {
    OrderPlaced: event(1, z.object({ article: z.string(), quantity: units, totalCents: cents })),
    StockReserved: event(1, z.object({ quantity: units })),
    PaymentProcessed: event(1, z.object({ amountCents: cents })),
    PaymentDeclined: event(1, z.object({ reason: z.string() })),
    OrderShipped: event(1, z.object({ parcel: z.string() })),
    ShipmentRefused: event(1, z.object({ reason: z.string() })),
    PaymentRefunded: event(1, z.object({ amountCents: cents })),
    PaymentRefundFailed: event(1, z.object({ amountCents: cents, reason: z.string() })),
    ReservationReleased: event(1, z.object({ quantity: units })),
    OrderCancelled: event(1, z.object({ reason: z.string() })),
  },

  projection: {
    initial: (): Order => ({ status: 'unknown', totalCents: 0, facts: 0, paidCents: 0, shipped: false }),
    apply: (before, { type, data }): Order => {
      const order = { ...before, facts: before.facts + 1 };
      switch (type) {
        case 'OrderPlaced':
          return { ...order, status: 'placed', totalCents: data.totalCents };
        case 'StockReserved':
          return { ...order, status: 'reserved' };
        case 'PaymentProcessed':
          return { ...order, status: 'paid', paidCents: order.paidCents + data.amountCents };
        case 'PaymentDeclined':
          return { ...order, status: 'declined' };
        case 'OrderShipped':
          return { ...order, status: 'shipped', shipped: true };
        case 'ShipmentRefused':
          return { ...order, status: 'refused' };
        case 'PaymentRefunded':
          return { ...order, status: 'refunded', paidCents: order.paidCents - data.amountCents };
        case 'PaymentRefundFailed':
          return { ...order, status: 'refund failed' };
        case 'ReservationReleased':
          return { ...order, status: 'released' };
        case 'OrderCancelled':
          return { ...order, status: 'cancelled' };
      }
    },
  },

  derivedStates: {
    'order-state': postgresState<Order>({
      title: 'Order state',
      connection: 'shop',
      table: 'order_state',
      key: 'order_id',
      fields: {
        status: { column: 'status', expected: (order) => order.status, shown: true },
        total_cents: { column: 'total_cents', expected: (order) => order.totalCents, shown: true },
        facts: { column: 'facts', expected: (order) => order.facts, shown: true },
      },
      position: perPartition({ table: 'applied_positions', where: { projector: 'order-state' } }),
      consumerGroup: 'order-state-projector',
      deadLetters: {
        topic: 'orders.events.order-state.dlq',
        id: fromHeader('id'),
        cause: fromHeader('dlq.cause'),
      },
    }),
  },

  invariants: {
    what_is_shipped_is_paid: { over: 'key', holds: (order) => !order.shipped || order.paidCents > 0 },
    what_is_cancelled_is_paid_back: {
      over: 'key',
      holds: (order) => order.status !== 'cancelled' || order.paidCents === 0,
    },
  },

  saga: {
    title: 'An order',
    steps: [
      { step: 'place', done: 'OrderPlaced', compensated: 'OrderCancelled' },
      { step: 'reserve', done: 'StockReserved', compensated: 'ReservationReleased' },
      {
        step: 'pay',
        done: 'PaymentProcessed',
        compensated: 'PaymentRefunded',
        compensationFailed: 'PaymentRefundFailed',
      },
      { step: 'ship', done: 'OrderShipped' },
    ],
    completed: ['OrderShipped'],
    cancelled: ['OrderCancelled'],
    // An order of the demo takes some ten seconds.
    limitMs: 120_000,
  },

  // Where its events come from, row by row: what never arrived is lost.
  sent: {
    connection: 'shop',
    table: 'order_outbox',
    id: 'event_id',
    at: 'written_at',
    position: 'publication',
  },
  // A refund that was made by hand is booked by the service that owns the outbox.
  corrections: correctionsByService('orders'),
  // Few orders: of twenty compensations one that fails is worth a look.
  budgets: { compensations: { minimumCount: 20 } },

  scope: { maxEvents: 10_000_000 },
  approvals: { promotion: 1 },
});

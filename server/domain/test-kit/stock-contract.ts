import { z } from 'zod';
import {
  defineContract,
  type EngineContract,
  type EngineEvent,
  event,
  fromHeader,
  fromKey,
  kafkaHistory,
  perPartition,
  postgresState,
} from '../contract/define.ts';

export type Stock = { readonly onHand: number };

/** A small contract for tests of the pure core: one figure, events that add, take and set. */
export const stockContract = defineContract({
  id: 'stock',
  title: 'Stock',
  authors: ['ada'],
  history: kafkaHistory({ topic: 'stock.events' }),
  envelope: { id: fromHeader('id'), type: fromHeader('type'), version: fromHeader('version') },
  ordering: { key: fromKey(), partitioner: 'murmur2' },
  events: {
    Received: event(1, z.object({ qty: z.number().int() })).next(
      2,
      z.object({ quantity: z.number().int() }),
      (v1) => ({
        quantity: v1.qty,
      }),
    ),
    Shipped: event(1, z.object({ quantity: z.number().int() })),
    Counted: event(1, z.object({ quantity: z.number().int() })),
  },
  projection: {
    initial: (): Stock => ({ onHand: 0 }),
    apply: (stock, e) => {
      switch (e.type) {
        case 'Received':
          return { onHand: stock.onHand + e.data.quantity };
        case 'Shipped':
          return { onHand: stock.onHand - e.data.quantity };
        case 'Counted':
          return { onHand: e.data.quantity };
      }
    },
  },
  derivedStates: {
    shop: postgresState<Stock>({
      title: 'Shop',
      connection: 'shop',
      table: 'shop_state',
      key: 'sku',
      fields: { quantity: { column: 'quantity', expected: (stock) => stock.onHand } },
      position: perPartition({ table: 'shop_position' }),
    }),
  },
  invariants: {
    on_hand_is_never_negative: { over: 'key', holds: (stock) => stock.onHand >= 0 },
    total_is_below_a_million: {
      over: 'whole',
      start: () => 0,
      add: (sum, stock) => sum + stock.onHand,
      holds: (sum) => sum < 1e6,
    },
    ledger_matches: { over: 'sql', connection: 'shop', query: 'select sku from shop_state where false' },
  },
}) as unknown as EngineContract;

export const stockEvent = (id: string, type: string, quantity: number, key = 'A'): EngineEvent => ({
  id,
  type,
  key,
  occurredAt: null,
  data: { quantity },
});

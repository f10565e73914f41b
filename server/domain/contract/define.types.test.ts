/**
 * What does not compile in a contract. The compiler is what fails here (`npm run types`): it reports an expected error
 * that is none. Nothing is wrong with these at run time, where values are checked and not types.
 */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  defineContract,
  type EventOf,
  event,
  fromHeader,
  fromKey,
  kafkaHistory,
  postgresState,
} from './define.ts';

type Stock = { readonly onHand: number };
type Account = { readonly paid: number };

const events = {
  Received: event(1, z.object({ quantity: z.number() })),
  Counted: event(1, z.object({ counted: z.number() })),
};
const table = { title: 'Shop', connection: 'shop', table: 'shop_state', key: 'sku' };
const quantity = { column: 'quantity', expected: (stock: Stock) => stock.onHand };
const initial = (): Stock => ({ onHand: 0 });
const apply = (stock: Stock, { type, data }: EventOf<typeof events>): Stock => {
  switch (type) {
    case 'Received':
      return { onHand: stock.onHand + data.quantity };
    case 'Counted':
      return { onHand: data.counted };
  }
};
const ordering = { key: fromKey(), partitioner: 'murmur2' } as const;
const envelope = { id: fromHeader('id'), type: fromHeader('type') };
const answers = {
  ...{ id: 'stock', title: 'Stock', authors: ['ada'], history: kafkaHistory({ topic: 'stock.events' }) },
  ...{ ordering, envelope, events, projection: { initial, apply } },
  derivedStates: { shop: postgresState<Stock>({ ...table, fields: { quantity } }) },
};

describe('the type of a contract', () => {
  it('takes one in which nothing is wrong', () => {
    const saga = {
      ...{ title: 'Deliveries', completed: ['Counted' as const], limitMs: 60_000 },
      steps: [{ step: 'receive', done: 'Received' as const }],
    };
    expect(defineContract({ ...answers, saga }).id).toBe('stock');
  });

  it('refuses a field that is misspelt, or left out', () => {
    const misspelt = defineContract({
      ...answers,
      // @ts-expect-error: descripton
      descripton: 'Units on hand.',
    });
    // @ts-expect-error: an event without an id can't be told from its redelivery
    const without = defineContract({ ...answers, envelope: { type: fromHeader('type') } });
    expect([misspelt, without]).toHaveLength(2);
  });

  it('refuses a partitioner and a kind of scope that there are none of', () => {
    const unknown = defineContract({
      ...answers,
      // @ts-expect-error: murmur3
      ordering: { key: fromKey(), partitioner: 'murmur3' },
      // @ts-expect-error: everything
      scope: { allow: ['everything'] },
    });
    expect(unknown.id).toBe('stock');
  });

  it('refuses an unknown event type in the steps of a saga, and at its end', () => {
    const unknown = defineContract({
      ...answers,
      saga: {
        title: 'Deliveries',
        steps: [
          // @ts-expect-error: Recieved
          { step: 'receive', done: 'Recieved' },
          // @ts-expect-error: Returned
          { step: 'count', done: 'Counted', compensated: 'Returned' },
        ],
        // @ts-expect-error: Closed
        completed: ['Closed'],
        limitMs: 60_000,
      },
    });
    expect(unknown.saga?.steps).toHaveLength(2);
  });

  it("gives F the data of the event's own type, and no other", () => {
    const wrong = defineContract({
      ...answers,
      projection: {
        initial,
        apply: (stock, e): Stock => {
          switch (e.type) {
            case 'Received':
              // @ts-expect-error: that is the data of Counted
              return { onHand: stock.onHand + e.data.counted };
            case 'Counted':
              // @ts-expect-error: a state has no such field
              return { onHnad: e.data.counted };
            // @ts-expect-error: no event has this type
            case 'Shipped':
              return stock;
          }
        },
      },
    });
    // @ts-expect-error: nothing becomes of Counted
    const partial = (stock: Stock, e: EventOf<typeof events>): Stock => {
      switch (e.type) {
        case 'Received':
          return { onHand: stock.onHand + e.data.quantity };
      }
    };
    expect([wrong, partial]).toHaveLength(2);
  });

  it('refuses an upcast that does not make the next version, or reads what the version before does not have', () => {
    const first = event(1, z.object({ qty: z.number() }));
    const next = z.object({ quantity: z.number() });
    const wrong = [
      // @ts-expect-error: a text
      first.next(2, next, (v1) => ({ quantity: String(v1.qty) })),
      // @ts-expect-error: nothing says how many
      first.next(2, next, (v1) => ({ qty: v1.qty })),
      // @ts-expect-error: version 1 has none
      first.next(2, next, (v1) => ({ quantity: v1.quantity })),
    ];
    expect(wrong).toHaveLength(3);
  });

  it("refuses what is expected, or has to hold, of another state than the projection's", () => {
    const paid = { column: 'paid', expected: (account: Account) => account.paid };
    const wrong = defineContract({
      ...answers,
      derivedStates: {
        // @ts-expect-error: the state of another contract
        shop: postgresState<Account>({ ...table, fields: { paid } }),
      },
      invariants: {
        // @ts-expect-error: the state has no such field
        paid_is_never_negative: { over: 'key', holds: (stock) => stock.paid >= 0 },
      },
    });
    const field = postgresState<Stock>({
      ...table,
      fields: {
        // @ts-expect-error: the state has no such field
        reserved: { column: 'reserved', expected: (stock) => stock.reserved },
        // @ts-expect-error: no column holds an object
        whole: { column: 'whole', expected: (stock) => stock },
      },
    });
    expect([wrong, field]).toHaveLength(2);
  });
});

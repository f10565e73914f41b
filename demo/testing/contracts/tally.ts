/** The contract of the replay tests: counts per item, over a topic that each test makes for itself. */
import { z } from 'zod';
import {
  defineContract,
  event,
  fromHeader,
  fromKey,
  kafkaHistory,
  perPartition,
  postgresState,
} from '../../../server/domain/contract/define.ts';

type Item = { readonly total: number; readonly changes: number };

export default defineContract({
  id: 'tally',
  title: 'Tally of items',
  authors: ['rosa'],
  history: kafkaHistory({ topic: 'TOPIC' }),
  ordering: { key: fromKey(), partitioner: 'murmur2' },
  envelope: { id: fromHeader('id'), type: fromHeader('type'), version: fromHeader('version') },
  events: {
    ItemsAdded: event(1, z.object({ n: z.number().int() })).next(
      2,
      z.object({ amount: z.number().int() }),
      (v1) => ({ amount: v1.n }),
    ),
    ItemsRemoved: event(1, z.object({ amount: z.number().int() })),
  },
  ignored: ['ItemsLookedAt'],
  projection: {
    initial: (): Item => ({ total: 0, changes: 0 }),
    apply: (item, e) => {
      switch (e.type) {
        case 'ItemsAdded':
          return { total: item.total + e.data.amount, changes: item.changes + 1 };
        case 'ItemsRemoved':
          return { total: item.total - e.data.amount, changes: item.changes + 1 };
      }
    },
  },
  derivedStates: {
    shelf: postgresState<Item>({
      title: 'Shelf',
      connection: 'shop',
      table: 'shelf',
      key: 'item',
      fields: { total: { column: 'total', expected: (item) => item.total } },
      position: perPartition({ table: 'shelf_position' }),
      deadLetters: { topic: 'TOPIC.dead', id: fromHeader('id'), cause: fromHeader('cause') },
    }),
  },
  invariants: {
    changes_are_counted: { over: 'key', holds: (item) => item.changes > 0 },
    some_items_exist: { over: 'whole', start: () => 0, add: (sum) => sum + 1, holds: (sum) => sum > 0 },
  },
});

/** The contract that is measured. TOPIC is put in when the topic of a run is known. */
import { z } from 'zod';
import {
  defineContract,
  event,
  fromKey,
  fromValue,
  kafkaHistory,
  perPartition,
  postgresState,
} from '../../server/domain/contract/define.ts';

type Item = { readonly total: number; readonly changes: number };

export default defineContract({
  id: 'items',
  title: 'Items on a shelf',
  authors: ['bench'],
  history: kafkaHistory({ topic: 'TOPIC' }),
  ordering: { key: fromKey(), partitioner: 'murmur2' },
  envelope: {
    id: fromValue('event_id'),
    type: fromValue('type'),
    version: fromValue('version'),
    data: fromValue('data'),
  },
  events: {
    ItemsAdded: event(1, z.object({ amount: z.number().int(), note: z.string() })),
  },
  projection: {
    initial: (): Item => ({ total: 0, changes: 0 }),
    apply: (item, e) => ({ total: item.total + e.data.amount, changes: item.changes + 1 }),
  },
  derivedStates: {
    shelf: postgresState<Item>({
      title: 'Shelf',
      connection: 'shop',
      table: 'shelf',
      key: 'item',
      fields: { total: { column: 'total', expected: (item) => item.total, shown: true } },
      position: perPartition({ table: 'shelf_position' }),
    }),
  },
  invariants: {
    changes_are_counted: { over: 'key', holds: (item) => item.changes > 0 },
    some_items_exist: { over: 'whole', start: () => 0, add: (sum) => sum + 1, holds: (sum) => sum > 0 },
  },
});

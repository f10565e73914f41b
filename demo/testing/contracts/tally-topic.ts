/** The contract of the tests of a derived state in a topic: counts per item, over topics that each test makes for itself. */
import { z } from 'zod';
import {
  defineContract,
  event,
  fromHeader,
  fromKey,
  kafkaHistory,
  topicState,
} from '../../../server/domain/contract/define.ts';

type Item = { readonly total: number };

export default defineContract({
  id: 'tally-topic',
  title: 'Tally of items, kept in a topic',
  authors: ['rosa'],
  history: kafkaHistory({ topic: 'TOPIC' }),
  ordering: { key: fromKey(), partitioner: 'murmur2' },
  envelope: { id: fromHeader('id'), type: fromHeader('type'), version: fromHeader('version') },
  events: { ItemsAdded: event(2, z.object({ amount: z.number().int() })) },
  projection: {
    initial: (): Item => ({ total: 0 }),
    apply: (item, e) => ({ total: item.total + e.data.amount }),
  },
  derivedStates: {
    shelf: topicState<Item>({
      title: 'Shelf',
      topic: 'TOPIC.shelf',
      consumerGroup: 'TOPIC-projector',
      transactionalId: 'TOPIC-projector',
      fields: { total: { path: 'total', expected: (item) => item.total } },
    }),
  },
});

/** A contract whose projection reads the clock: a replay of it has to be refused by name. */
import { z } from 'zod';
import {
  defineContract,
  event,
  fromHeader,
  fromKey,
  kafkaHistory,
} from '../../../server/domain/contract/define.ts';

export default defineContract({
  id: 'clock-calling',
  title: 'Reads the clock',
  authors: ['rosa'],
  history: kafkaHistory({ topic: 'TOPIC' }),
  ordering: { key: fromKey(), partitioner: 'murmur2' },
  envelope: { id: fromHeader('id'), type: fromHeader('type'), version: fromHeader('version') },
  events: { ItemsAdded: event(2, z.object({ amount: z.number().int() })) },
  projection: {
    initial: () => ({ lastSeen: 0 }),
    apply: () => ({ lastSeen: Date.now() }),
  },
  derivedStates: {},
});

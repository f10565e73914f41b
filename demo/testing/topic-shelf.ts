/** A shelf that stands in a compacted topic, for the tests of promoting it. */
import { randomUUID } from 'node:crypto';
import type { Message } from 'kafkajs';
import { eventually, type ReplayWorld, type Tally } from './replay-world.ts';
import {
  inTransaction,
  openTransactional,
  type ProjectedTopic,
  readRows,
  untilCommitted,
} from './topic-projector.ts';

export type TopicShelf = ProjectedTopic & {
  /** The totals by item, as they stand. */
  totals(): Promise<Readonly<Record<string, unknown>>>;
  rows(): ReturnType<typeof readRows>;
  /** Writes rows under the projector's id, without moving its position. */
  write(messages: readonly Message[]): Promise<void>;
};

export const tallies = (count: number, keys = 4): Tally[] =>
  Array.from({ length: count }, (_, i) => ({ id: randomUUID(), key: `K${i % keys}`, value: { amount: 1 } }));

/** Makes history and shelf as docs/promotion.md asks for, with the shelf where a projector of these events would be. */
export async function openTopicShelf(
  world: ReplayWorld,
  given: readonly Tally[],
  partitions = 2,
): Promise<TopicShelf> {
  const history = await world.topic(partitions, 'tally-topic');
  const topic = `${history}.shelf`;
  const configEntries = [{ name: 'cleanup.policy', value: 'compact' }];
  await world.admin.createTopics({
    waitForLeaders: false,
    topics: [
      { topic, numPartitions: partitions, configEntries },
      { topic: `${topic}.reprise-promotion`, numPartitions: 1, configEntries },
    ],
  });
  const brokers = world.env.KAFKA_BROKERS;
  const own = {
    brokers,
    history,
    topic,
    group: `${history}-projector`,
    transactionalId: `${history}-projector`,
  };
  await world.produce(history, given);
  const totals = new Map<string, number>();
  for (const { key } of given) totals.set(key ?? '', (totals.get(key ?? '') ?? 0) + 1);
  const messages = [...totals].map(([key, total]) => ({ key, value: rowOf(key, total) }));
  const ends = await eventually('the shelf to be there', 20_000, async () => {
    const seen = await world.admin.fetchTopicOffsets(topic).catch(() => []);
    return { done: seen.length === partitions, value: await world.admin.fetchTopicOffsets(history), seen };
  });
  const positions = ends.map(({ partition, offset }) => ({ partition, offset }));
  const write = async (rows: readonly Message[], isFirst = false) => {
    const producer = await openTransactional(world.kafka, own.transactionalId);
    const offsets = isFirst ? { group: own.group, history, partitions: positions } : null;
    await inTransaction(producer, [{ topic, messages: [...rows] }], offsets);
    await producer.disconnect();
    await untilCommitted(brokers, topic);
  };
  await write(messages, true);
  return {
    ...own,
    rows: () => readRows(brokers, topic),
    totals: async () => {
      const rows = [...(await readRows(brokers, topic))].map(([key, row]) => [key, row.total] as const);
      return Object.fromEntries(rows.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    },
    write: (rows) => write(rows),
  };
}

/** A row as the projector writes it: with a note that no contract knows of. */
export function rowOf(key: string, total: number): string {
  return JSON.stringify({ total, note: `about ${key}` });
}

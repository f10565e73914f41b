import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { eventAt, isRedelivery, jsonOf, partitions } from './events.ts';

export type BenchTopic = {
  readonly name: string;
  readonly events: number;
  /** What the live table should hold: the total of every key, each event counted once. Empty where every event has its own key. */
  readonly totals: ReadonlyMap<string, number>;
  /** End offset of every partition. */
  readonly ends: readonly number[];
  readonly drop: () => Promise<void>;
};

const inOneRequest = 5_000;

/** Makes a topic and writes the events to it, once; everything that is measured reads it. */
export async function produceTopic(brokers: string, events: number, keys: number): Promise<BenchTopic> {
  const kafka = new Kafka({ clientId: 'bench', brokers: brokers.split(','), logLevel: logLevel.ERROR });
  const admin = kafka.admin();
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  const name = `reprise-bench-${randomUUID().slice(0, 8)}`;
  await Promise.all([admin.connect(), producer.connect()]);
  try {
    const topics = [{ topic: name, numPartitions: partitions, replicationFactor: 1 }];
    await admin.createTopics({ waitForLeaders: true, topics });
    const totals = new Map<string, number>();
    for (let from = 0; from < events; from += inOneRequest) {
      const messages = [];
      for (let place = from; place < Math.min(events, from + inOneRequest); place++) {
        const event = eventAt(place, keys);
        messages.push({ key: event.key, value: jsonOf(event) });
        if (keys > 0 && !isRedelivery(place))
          totals.set(event.key, (totals.get(event.key) ?? 0) + event.amount);
      }
      await producer.send({ topic: name, acks: 1, messages });
    }
    const offsets = await admin.fetchTopicOffsets(name);
    const ends = offsets.toSorted((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
    return { name, events, totals, ends, drop: () => deleteTopic(brokers, name) };
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
}

async function deleteTopic(brokers: string, name: string): Promise<void> {
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [name] }).finally(() => admin.disconnect());
}

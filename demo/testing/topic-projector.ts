/**
 * A projector of a compacted topic, exactly once: the rows of a few events and the offsets that they come from are one
 * transaction. Started anew it reads its rows back from the topic, as one that was fenced has to.
 */
import { type Kafka, Partitioners, type Producer, type ProducerRecord } from 'kafkajs';
import { openCluster } from '../../server/adapters/kafka/cluster.ts';
import { openTopicStore } from '../../server/adapters/kafka/topic-state/topic-store.ts';
import { eventually } from './replay-world.ts';

export type ProjectedTopic = {
  readonly brokers: string;
  readonly history: string;
  readonly topic: string;
  readonly group: string;
  readonly transactionalId: string;
};

export type TopicProjector = {
  /** Messages applied so far. */
  applied(): number;
  stop(): Promise<void>;
};

/** Opens the projector's transactional producer. Its first transaction takes the id from whoever held it. */
export async function openTransactional(
  kafka: Kafka,
  transactionalId: string,
  transactionTimeout = 20_000,
): Promise<Producer> {
  const producer = kafka.producer({
    transactionalId,
    transactionTimeout,
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
    // The broker answers a commit before its markers stand everywhere, and the next transaction waits for these.
    retry: { initialRetryTime: 4, factor: 0.5, retries: 30 },
  });
  await producer.connect();
  return producer;
}

type Committed = {
  readonly group: string;
  readonly history: string;
  readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
};

/** Sends records, and commits them with the offsets that they come from. */
export async function inTransaction(
  producer: Producer,
  records: readonly ProducerRecord[],
  offsets: Committed | null,
): Promise<void> {
  const transaction = await producer.transaction();
  try {
    for (const record of records) await transaction.send(record);
    if (offsets !== null)
      await transaction.sendOffsets({
        consumerGroupId: offsets.group,
        topics: [{ topic: offsets.history, partitions: offsets.partitions.map((each) => ({ ...each })) }],
      });
    await transaction.commit();
  } catch (error) {
    await transaction.abort().catch(() => undefined);
    throw error;
  }
}

/** What a topic holds by key: committed records only, to the end, as Reprise's own tests hold against what was written. */
export async function readRows(
  brokers: string,
  topic: string,
): Promise<Map<string, Record<string, unknown>>> {
  const cluster = clusterOf(brokers);
  const store = openTopicStore(cluster, () => undefined);
  try {
    const ends = [...(await cluster.offsets(topic, 'last-stable'))];
    const upTo = new Map(ends.map(([partition, end]) => [partition, Number(end)]));
    const held = await store.readTo({ title: topic, topic }, upTo);
    const rows = [...held.partitions.values()].flatMap((partition) => [...partition.rows]);
    return new Map(rows.map(([key, { value }]) => [key, JSON.parse(value.toString())]));
  } finally {
    store.close();
    await cluster.close();
  }
}

/** A broker that has committed a transaction tells its partitions so afterwards: until then its records are hidden. */
export async function untilCommitted(brokers: string, topic: string): Promise<void> {
  const cluster = clusterOf(brokers);
  try {
    await eventually('what was committed to be visible', 20_000, async () => {
      const written = await cluster.offsets(topic, 'high-watermark');
      const stable = await cluster.offsets(topic, 'last-stable');
      const isVisible = [...written].every(([partition, end]) => (stable.get(partition) ?? -1n) >= end);
      return { done: isVisible, value: null, seen: [[...written], [...stable]].map(String) };
    });
  } finally {
    await cluster.close();
  }
}

function clusterOf(brokers: string) {
  const settings = {
    brokers: brokers.split(','),
    tls: false,
    sasl: null,
    registryUrl: null,
    clientId: 'projector',
  } as const;
  return openCluster(settings, () => undefined);
}

/** Follows a history of amounts: the row of a key holds its total, and a note that no contract knows of. */
export async function startTopicProjector(
  kafka: Kafka,
  projected: ProjectedTopic,
  { eventsEach = 1 }: { readonly eventsEach?: number } = {},
): Promise<TopicProjector> {
  const { history, topic, group, transactionalId } = projected;
  const producer = await openTransactional(kafka, transactionalId);
  // Before anything is read: whoever wrote before writes no more.
  await inTransaction(producer, [], null);
  const rows = await readRows(projected.brokers, topic);
  const consumer = kafka.consumer({
    groupId: group,
    maxWaitTimeInMs: 20,
    sessionTimeout: 6_000,
    heartbeatInterval: 500,
  });
  let applied = 0;
  await consumer.connect();
  await consumer.subscribe({ topics: [history], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
      for (let at = 0; at < batch.messages.length; at += eventsEach) {
        if (!isRunning() || isStale()) return;
        const some = batch.messages.slice(at, at + eventsEach);
        const changed = new Map<string, Record<string, unknown>>();
        for (const { key, value } of some) {
          if (key === null) continue;
          const amount: unknown = JSON.parse(value?.toString() ?? '{}').amount;
          const name = key.toString();
          const before = changed.get(name) ?? rows.get(name) ?? { total: 0, note: `about ${name}` };
          changed.set(name, { ...before, total: Number(before.total) + Number(amount) });
        }
        const messages = [...changed].map(([key, row]) => ({ key, value: JSON.stringify(row) }));
        const offset = String(Number(some.at(-1)?.offset) + 1);
        await inTransaction(producer, [{ topic, messages }], {
          group,
          history,
          partitions: [{ partition: batch.partition, offset }],
        });
        for (const [key, row] of changed) rows.set(key, row);
        applied += some.length;
        resolveOffset(some.at(-1)?.offset ?? '');
        await heartbeat();
      }
    },
  });
  return {
    applied: () => applied,
    stop: async () => {
      await consumer.disconnect();
      await producer.disconnect();
    },
  };
}

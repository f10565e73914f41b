/**
 * A projector of a compacted topic, exactly once: the rows of a few events and the offsets that they come from are one
 * transaction. Started anew it reads its rows back from the topic, as one that was fenced has to.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kafka, Partitioners, type Producer, type ProducerRecord } from 'kafkajs';
import { eventually } from './replay-world.ts';

export type ProjectedTopic = {
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

export async function inTransaction(
  producer: Producer,
  records: readonly ProducerRecord[],
  offsets: {
    readonly group: string;
    readonly history: string;
    readonly partition: number;
    readonly next: string;
  } | null,
): Promise<void> {
  const transaction = await producer.transaction();
  try {
    for (const record of records) await transaction.send(record);
    if (offsets !== null)
      await transaction.sendOffsets({
        consumerGroupId: offsets.group,
        topics: [
          {
            topic: offsets.history,
            partitions: [{ partition: offsets.partition, offset: offsets.next }],
          },
        ],
      });
    await transaction.commit();
  } catch (error) {
    await transaction.abort().catch(() => undefined);
    throw error;
  }
}

/** What a topic holds by key, read as a consumer would that starts: committed records only, to the end. */
export async function readRows(kafka: Kafka, topic: string): Promise<Map<string, Record<string, unknown>>> {
  const admin = kafka.admin();
  await admin.connect();
  // Of a topic that has just been made the broker may not know yet that it leads it.
  const offsets = await eventually(`the ends of ${topic}`, 20_000, async () => {
    const seen = await admin.fetchTopicOffsets(topic).catch(() => []);
    return { done: seen.length > 0, value: seen, seen };
  });
  await admin.disconnect();
  const rows = new Map<string, Record<string, unknown>>();
  const left = new Map(
    offsets
      .filter(({ low, high }) => Number(high) > Number(low))
      .map(({ partition, high }) => [partition, Number(high)]),
  );
  if (left.size === 0) return rows;
  // The last record of a partition may be a marker, which nobody is handed: so the end is found by standing still.
  const consumer = kafka.consumer({ groupId: `read-${randomUUID()}`, maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  let seenAt = performance.now();
  const ended = new Set<number>();
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: true,
    eachBatch: async ({ batch }) => {
      seenAt = performance.now();
      for (const { key, value } of batch.messages) {
        if (key === null) continue;
        if (value === null) rows.delete(key.toString());
        else rows.set(key.toString(), JSON.parse(value.toString()));
      }
      if (Number(batch.lastOffset()) + 2 >= (left.get(batch.partition) ?? 0)) ended.add(batch.partition);
    },
  });
  while (ended.size < left.size && performance.now() - seenAt < 5_000) await sleep(20);
  await consumer.disconnect();
  return rows;
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
  const rows = await readRows(kafka, topic);
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
        const next = String(Number(some.at(-1)?.offset) + 1);
        await inTransaction(producer, [{ topic, messages }], {
          group,
          history,
          partition: batch.partition,
          next,
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

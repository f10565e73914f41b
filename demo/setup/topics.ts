import { Kafka, logLevel } from 'kafkajs';
import { waitUntil } from '../infra/processes.ts';
import {
  deadLetterTopicOf,
  type Layout,
  orderPartitions,
  orderProjector,
  partitions,
  projectorNames,
  retryTopicOf,
} from '../layout.ts';

type Admin = ReturnType<Kafka['admin']>;

export async function withAdmin<T>(brokers: string, work: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new Kafka({
    clientId: 'demo-setup',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    retry: { retries: 5, initialRetryTime: 100 },
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

export function topicsOf(layout: Layout): string[] {
  const { topic, ordersTopic } = layout;
  return [
    topic,
    ...projectorNames.map((name) => deadLetterTopicOf(topic, name)),
    ...projectorNames.map((name) => retryTopicOf(topic, name)),
    ordersTopic,
    deadLetterTopicOf(ordersTopic, orderProjector),
  ];
}

/** Deletes the demo's topics, where they are, and makes them anew. */
export async function recreateTopics(brokers: string, layout: Layout): Promise<void> {
  await withAdmin(brokers, async (admin) => {
    const wanted = topicsOf(layout);
    const present = (await admin.listTopics()).filter((topic) => wanted.includes(topic));
    if (present.length > 0) {
      await admin.deleteTopics({ topics: present });
      const gone = await waitUntil(
        async () => !(await admin.listTopics()).some((topic) => wanted.includes(topic)),
        15_000,
      );
      if (!gone)
        throw new Error(`topics of an earlier demo were not deleted within 15 s: ${present.join(', ')}`);
    }
    const partitionsOf = new Map([
      [layout.topic, partitions],
      [layout.ordersTopic, orderPartitions],
    ]);
    // Kept for ever: this topic is the history, and the seeded events are weeks old.
    const configEntries = [
      { name: 'retention.ms', value: '-1' },
      { name: 'cleanup.policy', value: 'delete' },
    ];
    await admin.createTopics({
      // kafkajs' own waiting fails at once where a busy broker does not know of a new topic yet.
      waitForLeaders: false,
      topics: wanted.map((topic) => ({
        topic,
        numPartitions: partitionsOf.get(topic) ?? 1,
        replicationFactor: 1,
        configEntries,
      })),
    });
    if (!(await waitUntil(() => haveLeaders(admin, wanted), 30_000)))
      throw new Error(`the demo's topics had no leaders within 30 s: ${wanted.join(', ')}`);
  });
}

async function haveLeaders(admin: Admin, topics: string[]): Promise<boolean> {
  const found = await admin.fetchTopicMetadata({ topics }).catch(() => null);
  return (
    found?.topics.length === topics.length &&
    found.topics.every(
      (topic) => topic.partitions.length > 0 && topic.partitions.every(({ leader }) => leader >= 0),
    )
  );
}

/** Records that the topic holds or has held; null where there is no such topic. */
export async function countRecords(brokers: string, topic: string): Promise<number | null> {
  return withAdmin(brokers, async (admin) => {
    if (!(await admin.listTopics()).includes(topic)) return null;
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  });
}

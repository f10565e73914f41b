import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type BrokerUnderTest, connect } from '../broker-under-test.ts';
import { type Cluster, openCluster } from '../cluster.ts';
import { openTopicStore, type TopicStore } from './topic-store.ts';

const brokers = inject('kafkaBrokers');

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(brokers !== '')('rows of a topic that are kept in memory', () => {
  let broker: BrokerUnderTest;
  let cluster: Cluster;
  let store: TopicStore;
  beforeAll(async () => {
    broker = await connect(brokers);
    const settings = {
      brokers: brokers.split(','),
      tls: false,
      sasl: null,
      registryUrl: null,
      clientId: 't',
    } as const;
    cluster = openCluster(settings, () => undefined);
    store = openTopicStore(cluster, () => undefined);
  });
  afterAll(async () => {
    store?.close();
    await cluster?.close();
    await broker?.close();
  });

  /** Every key with its value, as far as the topic goes. */
  async function rowsOf(topic: string) {
    const ends = new Map(
      [...(await cluster.offsets(topic, 'last-stable'))].map(([p, end]) => [p, Number(end)]),
    );
    const { partitions } = await store.readTo({ title: 'Shelf', topic }, ends);
    return [...partitions.values()].flatMap(({ rows }) =>
      [...rows].map(([key, { value }]) => [key, value.toString()]),
    );
  }

  it.each([
    ['ends where the one before did', 3],
    ['ends before it', 2],
    ['ends after it', 4],
  ])('are read anew where the topic was deleted and made anew, and %s', async (_, count) => {
    const topic = await broker.topic(1, { 'cleanup.policy': 'compact' });
    const old = Array.from({ length: 3 }, (__, i) => ({ key: `old${i}`, value: `v${i}` }));
    await broker.producer.send({ topic, messages: old });
    expect(await rowsOf(topic)).toEqual(old.map(({ key, value }) => [key, value]));
    const { id } = await cluster.topic(topic);
    await broker.admin.deleteTopics({ topics: [topic] });
    const made = { topic, numPartitions: 1, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] };
    await expect
      .poll(() => broker.admin.createTopics({ topics: [made] }).catch(() => false), { timeout: 20_000 })
      .toBe(true);
    await expect
      .poll(async () => (await cluster.topic(topic).catch(() => ({ id }))).id, { timeout: 20_000 })
      .not.toBe(id);
    const messages = Array.from({ length: count }, (__, i) => ({ key: `new${i}`, value: `v${i}` }));
    await expect
      .poll(
        () =>
          broker.producer.send({ topic, messages }).then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true);
    expect(await rowsOf(topic)).toEqual(messages.map(({ key, value }) => [key, value]));
  });
});

import { Consumer } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { commitOffsets } from '../../../demo/testing/commit-offsets.ts';
import type { ReadinessCheck } from '../../application/ports/history.ts';
import { fromHeader, fromKey, fromValue } from '../../domain/contract/define.ts';
import { murmur2Partition } from '../../domain/replay/index.ts';
import { type BrokerUnderTest, connect } from './broker-under-test.ts';

const brokers = inject('kafkaBrokers');

describe.runIf(brokers !== '')('what a Kafka cluster is asked beside its records', () => {
  let broker: BrokerUnderTest;
  beforeAll(async () => {
    broker = await connect(brokers);
  });
  afterAll(() => broker.close());

  const named = (checks: readonly ReadinessCheck[], name: string) =>
    checks.find((check) => check.name === name);

  describe('consumer lag', () => {
    it('is the committed offset and the end of each partition', async () => {
      const topic = await broker.topic(2);
      await broker.write(topic, 0, 10);
      await broker.write(topic, 1, 5);
      const groupId = `group-of-${topic}`;
      await commitOffsets(brokers, { groupId, topic, partitions: [{ partition: 0, offset: '7' }] });
      expect(await (await broker.open(topic)).groupLag(groupId)).toEqual([
        { partition: 0, committed: 7n, end: 10n },
        { partition: 1, committed: null, end: 5n },
      ]);
      await broker.admin.deleteGroups([groupId]);
    });

    it('of a group without commits is unknown, which is logged', async () => {
      const topic = await broker.topic(1);
      const before = broker.logged.length;
      expect(await (await broker.open(topic)).groupLag(`nobody-${topic}`)).toBeNull();
      expect(broker.logged.slice(before).map((line) => line.sentence)).toEqual([
        expect.stringContaining('Its lag is unknown'),
      ]);
    });

    it('of a group of the new protocol (KIP-848) is read as well', async () => {
      const topic = await broker.topic(1);
      await broker.write(topic, 0, 10);
      const groupId = `next-${topic}`;
      const consumer = new Consumer({
        clientId: 'reprise-test',
        bootstrapBrokers: brokers.split(','),
        groupId,
        groupProtocol: 'consumer',
        autocommit: false,
      });
      const stream = await consumer.consume({ topics: [topic], mode: 'earliest', sessionTimeout: 10_000 });
      await consumer.commit({ offsets: [{ topic, partition: 0, offset: 4n, leaderEpoch: 0 }] });
      expect(await (await broker.open(topic)).groupLag(groupId)).toEqual([
        { partition: 0, committed: 4n, end: 10n },
      ]);
      await stream.close();
      await consumer.close(true);
    });

    it('is asked without joining a group or committing anything', async () => {
      const topic = await broker.topic(1);
      await broker.write(topic, 0, 10);
      const before = (await broker.admin.listGroups()).groups.map((g) => g.groupId);
      const reader = await broker.open(topic);
      const { identity } = await reader.describe();
      const options = { identity, visibleBefore: null, signal: new AbortController().signal };
      await reader.read([{ partition: 0, from: 0n, to: 10n }], options, async () => undefined);
      await reader.groupLag('anything');
      const after = (await broker.admin.listGroups()).groups.map((g) => g.groupId);
      // Others may use the broker at the same time: what counts is that no new group is ours, and none knows the topic.
      for (const groupId of after.filter((group) => !before.includes(group))) {
        const { groups } = await broker.admin.describeGroups([groupId]);
        expect(groups.flatMap((g) => g.members.map((m) => m.clientId))).not.toContain('reprise-test');
        const commits = await broker.admin.fetchOffsets({ groupId, topics: [topic] });
        expect(commits.flatMap((c) => c.partitions.map((p) => p.offset))).toEqual(['-1']);
      }
    });
  });

  it('is asked how many bytes it holds of each partition', async () => {
    const topic = await broker.topic(2);
    await broker.write(topic, 0, 100);
    const history = await broker.open(topic);
    // A broker makes the folder of a new partition in its own time, and tells nothing of it before.
    await expect.poll(async () => [...((await history.sizes()) ?? [])].length, { timeout: 20_000 }).toBe(2);
    const sizes = await history.sizes();
    expect([...(sizes ?? [])].map(([partition]) => partition).sort()).toEqual([0, 1]);
    expect(sizes?.get(0)).toBeGreaterThan(100n);
    expect(sizes?.get(1)).toBe(0n);
  });

  describe('dead letters', () => {
    it('are listed oldest first, with the event and the cause of each', async () => {
      const topic = await broker.topic(2);
      const letter = (partition: number, id: string, timestamp: number, cause?: string) => ({
        partition,
        key: 'k',
        value: `{"meta":{"event_id":"${id}"}}`,
        timestamp: String(timestamp),
        headers: cause === undefined ? {} : { cause },
      });
      await broker.producer.send({
        topic,
        messages: [
          letter(0, 'e1', 1000, 'version 3'),
          letter(0, 'e3', 3000),
          letter(1, 'e2', 2000, 'no such SKU'),
        ],
      });
      const { letters, truncated } = await broker.adapter.deadLetters.list(
        topic,
        fromValue('meta.event_id'),
        fromHeader('cause'),
        10,
      );
      expect(truncated).toBe(false);
      expect(letters).toEqual([
        { eventId: 'e1', topic, partition: 0, offset: '0', cause: 'version 3', timestampMs: 1000 },
        { eventId: 'e2', topic, partition: 1, offset: '0', cause: 'no such SKU', timestampMs: 2000 },
        { eventId: 'e3', topic, partition: 0, offset: '1', cause: null, timestampMs: 3000 },
      ]);
      const cut = await broker.adapter.deadLetters.list(topic, fromValue('meta.event_id'), null, 2);
      expect(cut.letters.map((l) => l.eventId)).toEqual(['e1', 'e2']);
      expect(cut.truncated).toBe(true);
    });

    it('whose idempotency key can’t be found are listed all the same', async () => {
      const topic = await broker.topic(1);
      const messages = [
        { key: 'a', value: 'not json' },
        { key: 'b', value: null },
        { key: null, value: '{}' },
      ];
      await broker.producer.send({ topic, messages });
      const byValue = await broker.adapter.deadLetters.list(topic, fromValue('event_id'), null, 10);
      expect(byValue.letters.map((l) => l.eventId)).toEqual(['', '', '']);
      const byKey = await broker.adapter.deadLetters.list(topic, fromKey(), null, 10);
      expect(byKey.letters.map((l) => l.eventId)).toEqual(['a', 'b', '']);
    });
  });

  describe('readiness', () => {
    const event = (id: string) => JSON.stringify({ event_id: id, type: 'T' });

    it('passes what a replay needs, and warns of a single broker', async () => {
      const topic = await broker.topic(3, { 'retention.ms': '-1' });
      const messages = Array.from({ length: 2000 }, (_, i) => {
        const key = `sku-${i % 50}`;
        return { key, value: event(`e${i}`), partition: murmur2Partition(Buffer.from(key), 3) };
      });
      await broker.producer.send({ topic, messages });
      const checks = await (await broker.open(topic)).readiness();
      const outcomes = Object.fromEntries(checks.map((check) => [check.name, check.outcome]));
      expect(outcomes).toEqual({
        'The history starts at its beginning': 'passed',
        'Retention keeps what a replay needs': 'passed',
        'Compaction takes no event': 'passed',
        'The history survives the loss of a broker': 'warning',
        'A write waits for two replicas': 'warning',
        'Every record has an ordering key': 'passed',
        'Every record can be decoded': 'passed',
        'Every record has an idempotency key': 'passed',
        'Every event is one that the contract knows': 'passed',
        'A key is in one partition only': 'passed',
        'The partition count was never raised': 'passed',
      });
      expect(named(checks, 'Every record can be decoded')?.found).toMatch(
        /of (1[0-9]{3}|[0-9]{3}) sampled records of 3 partitions/,
      );
    });

    it('finds keys that were written before the partition count was raised', async () => {
      const topic = await broker.topic(2);
      const keys = Array.from({ length: 60 }, (_, i) => `sku-${i}`);
      const write = (count: number) =>
        broker.producer.send({
          topic,
          messages: keys.map((key) => ({
            key,
            value: event(key),
            partition: murmur2Partition(Buffer.from(key), count),
          })),
        });
      await write(2);
      await broker.admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] });
      await expect
        .poll(async () => (await (await broker.open(topic)).describe()).partitions.length, {
          timeout: 10_000,
        })
        .toBe(5);
      await broker.producer.disconnect();
      await broker.producer.connect();
      await write(5);
      const checks = await (await broker.open(topic)).readiness();
      expect(named(checks, 'The partition count was never raised')).toMatchObject({
        outcome: 'failed',
        found: expect.stringContaining('the count was raised from 2 to 5'),
      });
      expect(named(checks, 'A key is in one partition only')).toMatchObject({ outcome: 'failed' });
    });

    it('counts records without key, without idempotency key, and undecodable ones, and quotes none of them', async () => {
      const topic = await broker.topic(1, { 'retention.ms': '3600000', 'cleanup.policy': 'compact,delete' });
      await broker.producer.send({
        topic,
        messages: [
          { key: 'k', value: event('e1') },
          { key: 'k', value: '{"secret":true,"type":"T"}' },
          { key: 'k', value: 'secret, not json' },
          { key: 'k', value: null },
        ],
      });
      const plain = await broker.topic(1);
      await broker.producer.send({ topic: plain, messages: [{ key: null, value: event('e2') }] });
      const checks = await (await broker.open(topic)).readiness();
      expect(named(checks, 'Every record has an idempotency key')).toMatchObject({
        outcome: 'failed',
        found:
          '1 of 4 sampled records of 1 partition have no idempotency key, the first at 0@1: It has no idempotency key.',
      });
      expect(named(checks, 'Every record can be decoded')).toMatchObject({
        outcome: 'failed',
        found: expect.stringMatching(
          /^1 of 4 .* can't be decoded, the first at 0@2: .*The value is not JSON\.$/,
        ),
      });
      expect(named(checks, 'Retention keeps what a replay needs')?.outcome).toBe('failed');
      expect(named(checks, 'Compaction takes no event')?.outcome).toBe('failed');
      expect(JSON.stringify(checks)).not.toContain('secret');
      const ofPlain = await (await broker.open(plain)).readiness();
      expect(named(ofPlain, 'Every record has an ordering key')?.outcome).toBe('failed');
    });

    it('of an empty topic can’t judge its records, and does not say that they pass', async () => {
      const checks = await (await broker.open(await broker.topic(1))).readiness();
      expect(named(checks, 'Every record can be decoded')?.outcome).toBe('could-not-run');
    });
  });

  it('is healthy while the broker answers, and says why where it does not', async () => {
    expect(await broker.adapter.health()).toEqual({ ok: true, detail: `1 broker at ${brokers}` });
    const nowhere = await connect(brokers);
    await nowhere.close();
    expect((await nowhere.adapter.health()).ok).toBe(false);
  });
});

import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RepriseError } from '../../domain/shared/errors.ts';
import { type BrokerUnderTest, collect, connect } from './broker-under-test.ts';

const brokers = inject('kafkaBrokers');

describe.runIf(brokers !== '')('a Kafka history', () => {
  let broker: BrokerUnderTest;
  beforeAll(async () => {
    broker = await connect(brokers);
  });
  afterAll(() => broker.close());

  const numbers = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => `{"event_id":"v${from + i}"}`);

  it('delivers every record of every partition, once and in order', async () => {
    const topic = await broker.topic(6);
    for (let partition = 0; partition < 6; partition++)
      await broker.write(topic, partition, 1000 + partition);
    const { values, absences, next } = await collect(await broker.open(topic));
    for (let partition = 0; partition < 6; partition++) {
      expect(values.get(partition)).toEqual(numbers(1000 + partition));
      expect(absences.get(partition)).toEqual([]);
      expect(next.get(partition)).toBe(1000 + partition);
    }
  });

  it('delivers exactly the offsets that were asked for', async () => {
    const topic = await broker.topic(3);
    for (let partition = 0; partition < 3; partition++) await broker.write(topic, partition, 500);
    const { values, next } = await collect(await broker.open(topic), [
      { partition: 0, from: 17n, to: 18n },
      { partition: 1, from: 100n, to: 100n },
      { partition: 2, from: 450n, to: 500n },
    ]);
    expect(values.get(0)).toEqual(numbers(1, 17));
    expect(values.has(1)).toBe(false);
    expect(values.get(2)).toEqual(numbers(50, 450));
    expect(next.get(2)).toBe(500);
  });

  it('says what a topic is: its id, and start, stable end and high watermark of each partition', async () => {
    const topic = await broker.topic(2);
    await broker.write(topic, 0, 10);
    const state = await (await broker.open(topic)).describe();
    expect(state).toMatchObject({ kind: 'kafka', name: topic, visibleBefore: null, cleanupPolicy: 'delete' });
    expect(state.identity).toMatch(/^[0-9a-f]{8}-/);
    expect(state.partitions).toEqual([
      { partition: 0, logStart: '0', lastStable: '10', highWatermark: '10' },
      { partition: 1, logStart: '0', lastStable: '0', highWatermark: '0' },
    ]);
  });

  it('carries keys, null keys, tombstones, headers and timestamps as they were written', async () => {
    const topic = await broker.topic(1);
    const years = [Date.UTC(2011, 0, 1), Date.UTC(2024, 5, 1)];
    await broker.producer.send({
      topic,
      messages: [
        { key: 'a', value: null, timestamp: String(years[0]) },
        {
          key: null,
          value: 'x',
          timestamp: String(years[1]),
          headers: { type: 'T', __proto__x: 'p', many: ['1', '2'] },
        },
        { key: 'é', value: '', headers: {} },
      ],
    });
    const { records } = await collect(await broker.open(topic));
    const [tombstone, headed, empty] = records.get(0) ?? [];
    expect(tombstone).toMatchObject({ offset: 0, value: null, headers: null, timestampMs: years[0] });
    expect(Buffer.from(tombstone?.key ?? []).toString()).toBe('a');
    expect(headed).toMatchObject({ offset: 1, key: null, timestampMs: years[1] });
    expect(Buffer.from(headed?.headers?.type ?? []).toString()).toBe('T');
    expect(Buffer.from(headed?.headers?.many ?? []).toString(), 'the last of one name').toBe('2');
    expect(Buffer.from(empty?.key ?? []).toString()).toBe('é');
    expect(empty?.value).toHaveLength(0);
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd'])(
    'reads a topic that the broker compresses with %s',
    async (codec) => {
      const topic = await broker.topic(2, { 'compression.type': codec });
      for (let i = 0; i < 5; i++)
        for (const partition of [0, 1]) await broker.write(topic, partition, 700, i * 700);
      const { values } = await collect(await broker.open(topic));
      expect(values.get(0)).toEqual(numbers(3500));
      expect(values.get(1)).toEqual(numbers(3500));
    },
  );

  it('reads batches that a producer compressed, from an offset in the middle of one', async () => {
    const topic = await broker.topic(1);
    const messages = numbers(300).map((value) => ({ key: 'k', value }));
    await broker.producer.send({ topic, messages, compression: CompressionTypes.GZIP });
    const { values } = await collect(await broker.open(topic), [{ partition: 0, from: 123n, to: 287n }]);
    expect(values.get(0)).toEqual(numbers(164, 123));
  });

  describe('with transactions', () => {
    it('delivers what was committed, and tells aborted records and control records apart', async () => {
      const topic = await broker.topic(1);
      await broker.transaction(topic, 0, ['a', 'b'], 'commit'); // 0 1, marker 2
      await broker.transaction(topic, 0, ['c', 'd', 'e'], 'abort'); // 3 4 5, marker 6
      await broker.transaction(topic, 0, ['f'], 'commit'); // 7, marker 8
      const { values, absences, next } = await collect(await broker.open(topic));
      expect(values.get(0)).toEqual(['a', 'b', 'f']);
      expect(absences.get(0)).toEqual([
        { from: 2, to: 3, cause: 'control' },
        { from: 3, to: 6, cause: 'aborted' },
        { from: 6, to: 7, cause: 'control' },
        { from: 8, to: 9, cause: 'control' },
      ]);
      expect(next.get(0)).toBe(9);
    });

    it('completes over a tail of nothing but aborted and control records', async () => {
      const topic = await broker.topic(1);
      await broker.write(topic, 0, 1);
      for (let i = 0; i < 3; i++) await broker.transaction(topic, 0, ['x', 'y'], 'abort');
      const { values, absences, next } = await collect(await broker.open(topic));
      expect(values.get(0)).toEqual(numbers(1));
      expect(next.get(0)).toBe(10);
      const aborted = absences.get(0)?.filter((a) => a.cause === 'aborted');
      expect(aborted?.reduce((sum, a) => sum + a.to - a.from, 0)).toBe(6);
    });

    it('knows aborted records from an offset in the middle of their transaction', async () => {
      const topic = await broker.topic(1);
      await broker.transaction(topic, 0, ['a', 'b', 'c', 'd'], 'abort');
      await broker.transaction(topic, 0, ['e'], 'commit');
      const { values, absences } = await collect(await broker.open(topic), [
        { partition: 0, from: 2n, to: 6n },
      ]);
      expect(values.get(0)).toEqual(['e']);
      expect(absences.get(0)).toEqual([
        { from: 2, to: 4, cause: 'aborted' },
        { from: 4, to: 5, cause: 'control' },
      ]);
    });
  });

  describe('whose start has moved', () => {
    const truncate = async (topic: string, offset: string) => {
      await broker.admin.fetchTopicOffsets(topic); // kafkajs deletes only where it knows the leader already
      await broker.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] });
    };

    it('is refused before anything is read, with the exact range that is gone', async () => {
      const topic = await broker.topic(1);
      await broker.write(topic, 0, 100);
      await truncate(topic, '40');
      const reader = await broker.open(topic);
      const read = collect(reader, [{ partition: 0, from: 10n, to: 100n }]);
      await expect(read).rejects.toMatchObject({
        code: 'history-truncated',
        where: `${topic}/0 [10,40)`,
      } satisfies Partial<RepriseError>);
      const { values } = await collect(reader, [{ partition: 0, from: 40n, to: 100n }]);
      expect(values.get(0)).toEqual(numbers(60, 40));
    });

    it('stops a read that has not come so far, with the exact range that is gone', async () => {
      const small = {
        answerBytes: 8_192,
        partitionBytes: 8_192,
        shortRead: 0,
        waitMs: 100,
        giveUpAfterMs: 10_000,
      };
      const slow = await connect(brokers, { tuning: small });
      const topic = await broker.topic(1);
      for (let i = 0; i < 100; i++) await broker.write(topic, 0, 100, i * 100);
      let isTruncated = false;
      let seen = 0;
      const read = collect(await slow.open(topic), null, async (count) => {
        seen = count;
        if (isTruncated) return;
        isTruncated = true;
        await truncate(topic, '9000');
      });
      const error = await read.then(
        () => null,
        (e: RepriseError) => e,
      );
      expect(error).toMatchObject({ code: 'history-truncated', where: `${topic}/0 [${seen},9000)` });
      await slow.close();
    });
  });

  it('that was deleted and created again is refused', async () => {
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 10);
    const reader = await broker.open(topic);
    const { identity } = await reader.describe();
    await broker.admin.deleteTopics({ topics: [topic] });
    await expect
      .poll(() => broker.admin.createTopics({ topics: [{ topic, numPartitions: 1 }] }).catch(() => false), {
        timeout: 10_000,
      })
      .toBe(true);
    await broker.write(topic, 0, 10);
    const options = { identity, visibleBefore: null, signal: new AbortController().signal };
    const read = reader.read([{ partition: 0, from: 0n, to: 10n }], options, async () => undefined);
    await expect(read).rejects.toMatchObject({ code: 'history-recreated' });
  });

  it('that is deleted and created again while it is read is refused', async () => {
    const small = {
      answerBytes: 4_096,
      partitionBytes: 4_096,
      shortRead: 0,
      waitMs: 100,
      giveUpAfterMs: 10_000,
    };
    const slow = await connect(brokers, { tuning: small });
    const topic = await broker.topic(1);
    for (let i = 0; i < 50; i++) await broker.write(topic, 0, 100, i * 100);
    let isRecreated = false;
    const read = collect(await slow.open(topic), null, async () => {
      if (isRecreated) return;
      isRecreated = true;
      await broker.admin.deleteTopics({ topics: [topic] });
      await expect
        .poll(() => broker.admin.createTopics({ topics: [{ topic, numPartitions: 1 }] }).catch(() => false), {
          timeout: 10_000,
        })
        .toBe(true);
    });
    await expect(read).rejects.toMatchObject({ code: 'history-recreated' });
    await slow.close();
  });

  it('counts the holes of a compacted topic as compacted', async () => {
    const topic = await broker.topic(1, {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.001',
      'max.compaction.lag.ms': '200',
      'delete.retention.ms': '0',
    });
    const send = (key: string, value: string) => broker.producer.send({ topic, messages: [{ key, value }] });
    for (let i = 0; i < 20; i++) await send(`k${i % 2}`, `v${i}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await send('last', 'a');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await send('last', 'b');
    const reader = await broker.open(topic);
    const compacted = async () =>
      (await collect(reader)).absences.get(0)?.filter((a) => a.cause === 'compacted') ?? [];
    await expect
      .poll(async () => (await compacted()).length, { timeout: 40_000, interval: 1_000 })
      .toBeGreaterThan(0);
    const { values, next } = await collect(reader);
    expect(values.get(0)).toEqual(expect.arrayContaining(['v18', 'v19', 'b']));
    expect(values.get(0)).not.toContain('v0');
    expect(next.get(0)).toBe(22);
  });

  it('waits for a transaction that is open, and says so when it waits no longer', async () => {
    const impatient = await connect(brokers, {
      tuning: { answerBytes: 1 << 20, partitionBytes: 1 << 20, shortRead: 0, waitMs: 50, giveUpAfterMs: 500 },
    });
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 5);
    const transactor = await openTransactor(topic);
    const open = await transactor.transaction();
    await open.send({ topic, messages: [{ key: 'k', value: 'open' }] });
    const reader = await impatient.open(topic);
    const state = await reader.describe();
    expect(state.partitions[0]).toEqual({ partition: 0, logStart: '0', lastStable: '5', highWatermark: '6' });
    const read = collect(reader, [{ partition: 0, from: 0n, to: 6n }]);
    await expect(read).rejects.toMatchObject({
      code: 'history-unavailable',
      message: expect.stringContaining('a transaction that began there'),
    });
    await open.abort();
    await transactor.disconnect();
    await impatient.close();
  });

  it('says which records are missing where the log ends before the range', async () => {
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 5);
    const read = collect(await broker.open(topic), [{ partition: 0, from: 0n, to: 9n }]);
    await expect(read).rejects.toMatchObject({ code: 'history-missing', where: `${topic}/0 [5,9)` });
  });

  it('finds the first offset at or after an instant, and the end where there is none', async () => {
    const topic = await broker.topic(2);
    await broker.producer.send({
      topic,
      messages: [1000, 2000, 3000].map((at) => ({
        partition: 0,
        key: 'k',
        value: String(at),
        timestamp: String(at),
      })),
    });
    const reader = await broker.open(topic);
    expect(await reader.offsetsAt(2000)).toEqual([
      { partition: 0, offset: 1n },
      { partition: 1, offset: 0n },
    ]);
    expect((await reader.offsetsAt(2001))[0]?.offset).toBe(2n);
    expect((await reader.offsetsAt(3001))[0]?.offset).toBe(3n);
    expect((await reader.offsetsAt(-1))[0]?.offset).toBe(0n);
  });

  it('hands over one batch at a time, and stops when asked to', async () => {
    const topic = await broker.topic(4);
    for (let partition = 0; partition < 4; partition++) await broker.write(topic, partition, 2000);
    const reader = await broker.open(topic);
    const { identity } = await reader.describe();
    const stop = new AbortController();
    let inside = 0;
    let batches = 0;
    const ranges = [0, 1, 2, 3].map((partition) => ({ partition, from: 0n, to: 2000n }));
    const read = reader.read(ranges, { identity, visibleBefore: null, signal: stop.signal }, async () => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside -= 1;
      batches += 1;
      if (batches === 2) stop.abort(new Error('asked to stop'));
    });
    await expect(read).rejects.toThrow('asked to stop');
    expect(batches).toBe(2);
  });

  it('passes on what its reader throws', async () => {
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 10);
    const read = collect(await broker.open(topic), null, async () => {
      throw new Error('no room');
    });
    await expect(read).rejects.toThrow('no room');
  });

  it('that does not exist is named', async () => {
    await expect((await broker.open('kafka-adapter-nowhere')).describe()).rejects.toMatchObject({
      code: 'history-unavailable',
      message: expect.stringContaining('kafka-adapter-nowhere does not exist'),
    });
  });
});

async function openTransactor(topic: string) {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({
    transactionalId: `open-${topic}`,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  return producer;
}

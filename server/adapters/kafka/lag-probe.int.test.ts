import { type Consumer, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { commitOffsets } from '../../../demo/testing/commit-offsets.ts';
import type { SubjectFound } from '../../application/ports/lag.ts';
import { measureLag, type PartitionLag } from '../../domain/lag/index.ts';
import { type BrokerUnderTest, connect } from './broker-under-test.ts';
import { openLagProbe } from './lag-probe.ts';
import type { KafkaSettings } from './settings.ts';

const brokers = inject('kafkaBrokers');

describe.runIf(brokers !== '')('lag, as a real broker has it', () => {
  let broker: BrokerUnderTest;
  let probe: ReturnType<typeof openLagProbe>;
  const settings: KafkaSettings = {
    brokers: brokers.split(','),
    tls: false,
    sasl: null,
    registryUrl: null,
    clientId: 'reprise-lag-test',
  };

  beforeAll(async () => {
    broker = await connect(brokers);
  });
  afterAll(() => broker.close());
  beforeEach(() => {
    probe = openLagProbe(settings);
    return () => probe.close();
  });

  const commit = (groupId: string, topic: string, offsets: readonly number[]) =>
    commitOffsets(brokers, {
      groupId,
      topic,
      partitions: offsets.map((offset, partition) => ({ partition, offset: String(offset) })),
    });
  const ask = async (topic: string, group: string, fromStart: readonly number[] = []) => {
    const read = await probe.read({
      topic,
      groups: [{ group, unreadFromStart: (partition) => fromStart.includes(partition) }],
      applied: [],
    });
    return read.groups.get(group);
  };
  const lagOf = (found: SubjectFound | undefined): readonly PartitionLag[] => {
    if (found?.ok !== true) throw new Error(found?.problem ?? 'not answered');
    return found.partitions.map((each) => measureLag(found.at.getTime(), each));
  };
  const figures = (lags: readonly PartitionLag[]) =>
    lags.map(({ records, next }) => [
      records === null ? null : Number(records),
      next === null ? null : Number(next),
    ]);

  it('is none of an idle topic that was read to its end, and of an empty partition that nobody committed', async () => {
    const topic = await broker.topic(2);
    await broker.write(topic, 0, 5);
    await commit(`g-${topic}`, topic, [5]);
    const lags = lagOf(await ask(topic, `g-${topic}`));
    expect(lags.map(({ records, ageMs }) => [records, ageMs])).toEqual([
      [0n, 0],
      [0n, 0],
    ]);
    expect(probe.fetches()).toBe(0);
  });

  it('is the age of the next unread record, within a second of what its producer knows', async () => {
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 3);
    const producedAt: number[] = [];
    for (let at = 0; at < 3; at++) {
      producedAt.push(Date.now());
      await broker.producer.send({ topic, messages: [{ partition: 0, key: 'k', value: '{}' }] });
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
    for (const [at, truth] of producedAt.entries()) {
      await commit(`g-${topic}`, topic, [3 + at]);
      const [lag] = lagOf(await ask(topic, `g-${topic}`));
      expect(lag?.records).toBe(BigInt(3 - at));
      expect(Math.abs((lag?.ageMs ?? 0) - (Date.now() - truth))).toBeLessThan(1_000);
    }
  });

  it('grows with time while a stopped consumer reads nothing, and costs no more requests to the records', async () => {
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 10);
    await commit(`g-${topic}`, topic, [4]);
    const first = await ask(topic, `g-${topic}`);
    expect(first).toMatchObject({ ok: true, group: { state: 'Empty', members: 0 } });
    const fetches = probe.fetches();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const [before] = lagOf(first);
    const [later] = lagOf(await ask(topic, `g-${topic}`));
    expect(figures([...(before ? [before] : []), ...(later ? [later] : [])])).toEqual([
      [6, 4],
      [6, 4],
    ]);
    expect((later?.ageMs ?? 0) - (before?.ageMs ?? 0)).toBeGreaterThanOrEqual(950);
    expect(probe.fetches()).toBe(fetches);
  });

  it('is unknown of a group without commits, and of one that was deleted', async () => {
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 4);
    expect(figures(lagOf(await ask(topic, `nobody-${topic}`)))).toEqual([[null, null]]);
    await commit(`g-${topic}`, topic, [1]);
    expect(figures(lagOf(await ask(topic, `g-${topic}`)))).toEqual([[3, 1]]);
    await broker.admin.deleteGroups([`g-${topic}`]);
    const gone = await ask(topic, `g-${topic}`);
    expect(gone).toMatchObject({ group: { state: 'Dead', members: 0 } });
    expect(figures(lagOf(gone))).toEqual([[null, null]]);
  });

  it('begins at the next data record: behind committed, aborted and control records that nobody is given', async () => {
    const topic = await broker.topic(1);
    await broker.transaction(topic, 0, ['a', 'b'], 'commit'); // 0 1, marker 2
    await broker.transaction(topic, 0, ['c', 'd', 'e'], 'abort'); // 3 4 5, marker 6
    await commit(`g-${topic}`, topic, [2]);
    // Nothing but a marker, an aborted transaction and its marker: no record is unread.
    expect(lagOf(await ask(topic, `g-${topic}`))).toMatchObject([{ records: 0n, ageMs: 0, end: 7n }]);
    const producedAt = Date.now();
    await broker.transaction(topic, 0, ['f'], 'commit'); // 7, marker 8
    const [lag] = lagOf(await ask(topic, `g-${topic}`));
    expect(lag).toMatchObject({ next: 7n, records: 2n });
    expect(Math.abs((lag?.ageMs ?? 0) - (Date.now() - producedAt))).toBeLessThan(1_000);
  });

  it('ends at the last stable offset: what an open transaction wrote is not yet there to be read', async () => {
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 2);
    const kafka = new Kafka({ clientId: 'open', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
    const producer = kafka.producer({
      transactionalId: `open-${topic}`,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ partition: 0, value: 'x' }] });
    await commit(`g-${topic}`, topic, [2]);
    expect(lagOf(await ask(topic, `g-${topic}`))).toMatchObject([{ records: 0n, end: 2n }]);
    await transaction.commit();
    await producer.disconnect();
    await expect
      .poll(async () => lagOf(await ask(topic, `g-${topic}`))[0]?.next, { timeout: 10_000 })
      .toBe(2n);
  });

  it('begins at the next record that compaction has left', async () => {
    const topic = await broker.topic(1, {
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0.001',
      'segment.ms': '100',
      'delete.retention.ms': '0',
      'max.compaction.lag.ms': '200',
    });
    const send = (value: string) =>
      broker.producer.send({ topic, messages: [{ partition: 0, key: 'same', value }] });
    for (let at = 0; at < 6; at++) await send(String(at));
    await commit(`g-${topic}`, topic, [1]);
    let written = 6;
    // Each record closes a segment before it, which the cleaner may then take.
    await expect
      .poll(
        async () => {
          await send(String(written++));
          const fresh = openLagProbe(settings);
          const read = await fresh.read({
            topic,
            groups: [{ group: `g-${topic}`, unreadFromStart: () => false }],
            applied: [],
          });
          await fresh.close();
          return Number(lagOf(read.groups.get(`g-${topic}`))[0]?.next ?? 0);
        },
        { timeout: 90_000, interval: 500 },
      )
      .toBeGreaterThan(4);
  });

  it('begins at the start of the log where retention has taken what was unread', async () => {
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 9);
    await commit(`g-${topic}`, topic, [1]);
    await broker.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] });
    expect(lagOf(await ask(topic, `g-${topic}`))).toMatchObject([{ committed: 1n, next: 6n, records: 3n }]);
  });

  it('counts a partition that was added from its start, where it is known to have been unread all along', async () => {
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 3);
    await commit(`g-${topic}`, topic, [3]);
    await broker.admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
    const kafka = new Kafka({ clientId: 'added', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    await producer.connect();
    const messages = [0, 1, 2, 3].map((each) => ({ partition: 1, value: String(each) }));
    await expect
      .poll(
        () =>
          producer.send({ topic, messages }).then(
            ([sent]) => sent?.partition,
            () => null,
          ),
        { timeout: 20_000 },
      )
      .toBe(1);
    await producer.disconnect();
    expect(figures(lagOf(await ask(topic, `g-${topic}`, [1])))).toEqual([
      [0, null],
      [4, 0],
    ]);
    // To whoever saw it with records in it for the first time it is unknown where the group would begin.
    expect(figures(lagOf(await ask(topic, `g-${topic}`)))).toEqual([
      [0, null],
      [null, null],
    ]);
  });

  it('of a state is counted from what it says it has applied, and from the start where it says nothing', async () => {
    const topic = await broker.topic(2);
    await broker.write(topic, 0, 5);
    await broker.write(topic, 1, 2);
    const at = new Date();
    const { states } = await probe.read({
      topic,
      groups: [],
      applied: [{ state: 'selling', at, next: new Map([[0, 4n]]) }],
    });
    expect(figures(lagOf(states.get('selling')))).toEqual([
      [1, 4],
      [2, 0],
    ]);
  });

  it('reads a batch that is longer than what is asked for, and several readers of one partition at once', async () => {
    const topic = await broker.topic(3);
    const long = 'x'.repeat(200_000);
    await broker.producer.send({
      topic,
      messages: [0, 1, 2].flatMap((partition) => [0, 1].map(() => ({ partition, value: long }))),
    });
    await commit(`a-${topic}`, topic, [0, 0, 0]);
    await commit(`b-${topic}`, topic, [1, 1, 1]);
    const { groups } = await probe.read({
      topic,
      groups: ['a', 'b'].map((name) => ({ group: `${name}-${topic}`, unreadFromStart: () => false })),
      applied: [],
    });
    expect(figures(lagOf(groups.get(`a-${topic}`)))).toEqual([0, 1, 2].map(() => [2, 0]));
    expect(figures(lagOf(groups.get(`b-${topic}`)))).toEqual([0, 1, 2].map(() => [1, 1]));
    expect(lagOf(groups.get(`b-${topic}`)).map(({ ageMs }) => (ageMs ?? 99_999) < 60_000)).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('tells members and state of a group that is read by somebody', async () => {
    const topic = await broker.topic(1);
    await broker.write(topic, 0, 3);
    const kafka = new Kafka({ clientId: 'member', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
    const consumer: Consumer = kafka.consumer({ groupId: `m-${topic}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ autoCommitInterval: 100, eachMessage: async () => undefined });
    await expect
      .poll(
        async () => {
          const found = await ask(topic, `m-${topic}`);
          return found?.ok ? [found.group, lagOf(found)[0]?.records] : null;
        },
        { timeout: 60_000, interval: 500 },
      )
      .toEqual([{ state: 'Stable', members: 1 }, 0n]);
    await consumer.disconnect();
  });

  it('can’t be told of a topic that is not there, nor by a broker that does not answer, and that is said within seconds', async () => {
    await expect(ask(`none-${crypto.randomUUID()}`, 'g')).rejects.toThrow('does not exist');
    const dead = openLagProbe({ ...settings, brokers: ['127.0.0.1:1'] });
    const begun = Date.now();
    await expect(dead.read({ topic: 'any', groups: [], applied: [] })).rejects.toThrow('127.0.0.1:1');
    expect(Date.now() - begun).toBeLessThan(10_000);
    await dead.close();
  });
});

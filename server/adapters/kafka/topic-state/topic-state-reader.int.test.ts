import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  inTransaction,
  openTransactional,
  type ProjectedTopic,
  startTopicProjector,
} from '../../../../demo/testing/topic-projector.ts';
import type { DerivedSnapshot, DerivedStateReader } from '../../../application/ports/derived-state.ts';
import { topicState } from '../../../domain/contract/define.ts';
import type { TopicState } from '../../../domain/contract/index.ts';
import { type BrokerUnderTest, connect } from '../broker-under-test.ts';
import { openCluster } from '../cluster.ts';
import { openQuestions } from './questions.ts';
import { createTopicStates } from './topic-state-reader.ts';
import { openTopicStore } from './topic-store.ts';

const brokers = inject('kafkaBrokers');

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(brokers !== '')('a derived state in a compacted topic', () => {
  let broker: BrokerUnderTest;
  let reader: DerivedStateReader<TopicState<unknown>>;
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const settings = {
    brokers: brokers.split(','),
    tls: false,
    sasl: null,
    registryUrl: null,
    clientId: 't',
  } as const;
  const open: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    broker = await connect(brokers);
    reader = readerWith();
  });
  afterAll(async () => {
    for (const close of open) await close();
    await broker?.close();
  });

  function readerWith(options: { mostBytes?: number; lookForMs?: number } = {}) {
    const cluster = openCluster(settings, () => undefined);
    const questions = openQuestions(settings);
    const store = openTopicStore(cluster, () => undefined, options.mostBytes);
    open.push(
      () => cluster.close(),
      () => questions.close(),
      () => store.close(),
    );
    return createTopicStates({ cluster, questions, store, lookForMs: options.lookForMs ?? 10_000 });
  }

  async function projected(partitions = 2): Promise<ProjectedTopic> {
    const history = await broker.topic(2);
    const topic = await broker.topic(partitions, { 'cleanup.policy': 'compact' });
    const id = randomUUID();
    return { brokers, history, topic, group: `g-${id}`, transactionalId: `t-${id}` };
  }

  const stateOf = (
    { history, topic, group, transactionalId: own }: ProjectedTopic,
    transactionalId: string | null = own,
  ) =>
    ({
      ...topicState<unknown>({
        title: 'Shelf',
        topic,
        consumerGroup: group,
        ...(transactionalId === null ? {} : { transactionalId }),
        fields: { total: { path: 'total', expected: () => 0 } },
      }),
      historyTopic: history,
    }) satisfies TopicState<unknown>;

  /** Rows as a projector would have written them, at the position that it would have committed with them. */
  async function written(shelf: ProjectedTopic, messages: readonly Message[], next = '3'): Promise<void> {
    const producer = await openTransactional(kafka, shelf.transactionalId);
    const partitions = [{ partition: 0, offset: next }];
    const offsets = { group: shelf.group, history: shelf.history, partitions };
    await inTransaction(producer, [{ topic: shelf.topic, messages: [...messages] }], offsets);
    await producer.disconnect();
  }

  async function all(snapshot: DerivedSnapshot) {
    const rows = [];
    for await (const some of snapshot.rows()) rows.push(...some);
    return rows;
  }
  const totals = (rows: Awaited<ReturnType<typeof all>>) =>
    rows.map(({ key, fields }) => [key, fields.total] as const);

  it.each([
    ['names its transactional id', undefined],
    ['names none', null],
    ['names one that nobody writes under', 'a-prefix-or-a-typo'],
  ])(
    'is read with the position that it belongs to, while its projector writes and the contract %s',
    async (_, transactionalId) => {
      const shelf = await projected(3);
      const ledger: { key: string; amount: number }[][] = [[], []];
      const projector = await startTopicProjector(kafka, shelf, { eventsEach: 4 });
      let isOver = false;
      const traffic = (async () => {
        for (let i = 0; !isOver; i += 12) {
          for (const partition of [0, 1]) {
            const some = Array.from({ length: 6 }, (__, j) => ({
              key: `K${partition}-${(i + j) % 7}`,
              amount: 1 + (j % 5),
            }));
            ledger[partition]?.push(...some);
            const messages = some.map(({ key, amount }) => ({
              partition,
              key,
              value: JSON.stringify({ amount }),
            }));
            await broker.producer.send({ topic: shelf.history, messages });
          }
          await sleep(80);
        }
      })();
      const state = stateOf(shelf, transactionalId);
      // It was not one and the same moment all along.
      const positions = new Set<string>();
      try {
        while (projector.applied() < 24) await sleep(20);
        // Many readings where the machine is quick, and as many as that takes where it is not.
        for (const least = performance.now() + 3_000; performance.now() < least || positions.size < 6; ) {
          const snapshot = await reader.openSnapshot(state);
          const { appliedAt } = snapshot;
          if (appliedAt.kind !== 'per-partition') throw new Error('no position');
          const expected = new Map<string, number>();
          for (const [partition, next] of appliedAt.next)
            for (const { key, amount } of ledger[partition]?.slice(0, Number(next)) ?? [])
              expected.set(key, (expected.get(key) ?? 0) + amount);
          expect(new Map(totals(await all(snapshot)))).toEqual(expected);
          positions.add(JSON.stringify([...appliedAt.next].map(String)));
        }
      } finally {
        isOver = true;
        await traffic;
        await projector.stop();
      }
    },
  );

  it('holds the last record of each key, in byte order over all partitions, and no row behind a tombstone', async () => {
    const shelf = await projected(2);
    await written(shelf, [
      { partition: 0, key: 'é', value: '{"total":1}' },
      { partition: 1, key: 'z', value: '{"total":2}' },
      { partition: 0, key: 'a', value: '{"total":3}' },
      { partition: 1, key: 'gone', value: '{"total":4}' },
    ]);
    await written(shelf, [
      { partition: 1, key: 'gone', value: null },
      { partition: 0, key: 'a', value: '{"total":9007199254740993,"more":true}' },
    ]);
    const snapshot = await reader.openSnapshot(stateOf(shelf));
    expect(totals(await all(snapshot))).toEqual([
      ['a', '9007199254740993'],
      ['z', 2],
      ['é', 1],
    ]);
    expect(snapshot.appliedAt).toEqual({ kind: 'per-partition', next: new Map([[0, 3n]]) });
    expect(totals([...(await reader.rowsOf(stateOf(shelf), ['z', 'gone', 'nowhere']))])).toEqual([['z', 2]]);
    // What is written later is not in a snapshot that is open.
    await written(shelf, [{ partition: 1, key: 'z', value: '{"total":5}' }], '4');
    expect(totals([...(await snapshot.rowsOf(['z']))])).toEqual([['z', 2]]);
    // A look-up waits for no marker.
    await expect
      .poll(async () => totals([...(await reader.rowsOf(stateOf(shelf), ['z']))]))
      .toEqual([['z', 5]]);
  });

  it.each<[string, Message, RegExp]>([
    ['no JSON', { value: 'rubbish' }, /offset 1 of partition 0 is not JSON/],
    ['a list', { value: '[1]' }, /offset 1 of partition 0 is no JSON object/],
    ['not UTF-8', { value: Buffer.from([0x7b, 0xff]) }, /offset 1 of partition 0 is not UTF-8/],
    [
      'an object without the field',
      { value: '{"sum":1}' },
      /offset 1 of partition 0 has no total in its value/,
    ],
    ['a list in the field', { value: '{"total":[]}' }, /offset 1 of partition 0 has a list at total/],
    [
      'of a key that is no text',
      { key: Buffer.from([0xff]), value: '{"total":1}' },
      /offset 1 of partition 0 has no key, or one that is no text/,
    ],
    [
      'of a key that is a binary number',
      { key: Buffer.from([0, 0, 0, 5]), value: '{"total":1}' },
      /offset 1 of partition 0 has no key, or one that is no text/,
    ],
    [
      'a text cut within a character',
      { value: '{"total":"\\ud83d"}' },
      /offset 1 of partition 0 has a text at total that can't be compared/,
    ],
  ])(
    'whose last record of a key is %s is named with the place of it, and until it is mended nothing is compared',
    async (_, message, sentence) => {
      const shelf = await projected(1);
      const bad: Message = { key: 'bad', partition: 0, ...message };
      await written(shelf, [{ partition: 0, key: 'good', value: '{"total":1}' }, bad]);
      await expect(reader.openSnapshot(stateOf(shelf)).then(all)).rejects.toThrow(sentence);
      await written(shelf, [{ ...bad, value: null }]);
      expect(totals(await reader.openSnapshot(stateOf(shelf)).then(all))).toEqual([['good', 1]]);
    },
  );

  it('with a key in two partitions has more than one row of it, and says where', async () => {
    const shelf = await projected(2);
    await written(shelf, [
      { partition: 0, key: 'K', value: '{"total":1}' },
      { partition: 1, key: 'K', value: '{"total":2}' },
    ]);
    const sentence =
      /key K has more than one row: at offset 0 of partition 0, and at offset 0 of partition 1/;
    await expect(reader.openSnapshot(stateOf(shelf)).then(all)).rejects.toThrow(sentence);
    await expect(reader.rowsOf(stateOf(shelf), ['K'])).rejects.toThrow(sentence);
  });

  it('with an open transaction that a projector has left behind is read as it was before, if the contract names its id; else it says what it waits for', async () => {
    const shelf = await projected(1);
    await written(shelf, [{ partition: 0, key: 'K', value: '{"total":1}' }]);
    const dead = await openTransactional(kafka, shelf.transactionalId);
    const transaction = await dead.transaction();
    await transaction.send({
      topic: shelf.topic,
      messages: [{ partition: 0, key: 'K', value: '{"total":2}' }],
    });
    expect(totals(await reader.openSnapshot(stateOf(shelf)).then(all))).toEqual([['K', 1]]);
    const impatient = readerWith({ lookForMs: 500 });
    await expect(impatient.openSnapshot(stateOf(shelf, null))).rejects.toThrow(
      /a transaction was open in it at each of/,
    );
    // Offsets of it move the position with its end, so that there is none to be told before.
    await transaction.sendOffsets({
      consumerGroupId: shelf.group,
      topics: [{ topic: shelf.history, partitions: [{ partition: 0, offset: '5' }] }],
    });
    await expect(impatient.openSnapshot(stateOf(shelf))).rejects.toThrow(
      /a transaction with offsets of group .* was under way at each of/,
    );
    await transaction.abort();
    await dead.disconnect();
    // The abort is answered before its marker stands.
    expect(totals(await reader.openSnapshot(stateOf(shelf, null)).then(all))).toEqual([['K', 1]]);
  });

  it('that has got another partition since is read with what stands there', async () => {
    const shelf = await projected(1);
    await written(shelf, [
      { partition: 0, key: 'first', value: '{"total":1}' },
      { partition: 0, key: 'second', value: '{"total":2}' },
    ]);
    const read = async () => totals(await reader.openSnapshot(stateOf(shelf)).then(all));
    expect(await read()).toEqual([
      ['first', 1],
      ['second', 2],
    ]);
    await broker.admin.createPartitions({ topicPartitions: [{ topic: shelf.topic, count: 2 }] });
    await expect
      .poll(() => written(shelf, [{ partition: 1, key: 'third', value: '{"total":3}' }]).then(read), {
        timeout: 20_000,
      })
      .toEqual([
        ['first', 1],
        ['second', 2],
        ['third', 3],
      ]);
  });

  it('whose group has committed nothing is not taken for one that has applied nothing', async () => {
    const shelf = await projected(1);
    await written(shelf, [{ partition: 0, key: 'K', value: '{"total":1}' }]);
    await expect(reader.openSnapshot({ ...stateOf(shelf), consumerGroup: 'another' })).rejects.toThrow(
      /group another has committed nothing on .* and 1 rows are there/,
    );
  });

  it('is read only as far as memory is allowed', async () => {
    const shelf = await projected(1);
    await written(
      shelf,
      Array.from({ length: 20 }, (_, i) => ({ partition: 0, key: `K${i}`, value: '{"total":1}' })),
    );
    await expect(readerWith({ mostBytes: 4_000 }).openSnapshot(stateOf(shelf))).rejects.toThrow(
      /rows come to more than/,
    );
  });

  it('tells before a replay what it lacks to be compared', async () => {
    const shelf = await projected(1);
    await written(shelf, [{ partition: 0, key: 'K', value: '{"total":1}' }]);
    await broker.write(shelf.history, 1, 2);
    const checks = async (state: TopicState<unknown>) =>
      (await reader.readiness('shelf', state)).map(({ outcome, found }) => [outcome, found] as const);
    expect(await checks(stateOf(shelf))).toEqual([
      ['passed', `Topic ${shelf.topic} has 1 partition.`],
      ['passed', 'cleanup.policy is compact.'],
      ['warning', expect.stringContaining('has committed nothing on 1 partition')],
      ['passed', expect.stringContaining(shelf.transactionalId)],
    ]);
    const last = async (state: TopicState<unknown>) => (await checks(state)).at(-1);
    expect(await last(stateOf(shelf, 'a-typo'))).toEqual([
      'warning',
      'Nobody writes under the transactional id a-typo that the contract names.',
    ]);
    const other = await projected(1);
    await written(other, [{ partition: 0, key: 'K', value: '{"total":1}' }]);
    expect(await last(stateOf(shelf, other.transactionalId))).toEqual([
      'warning',
      `The last transaction in topic ${shelf.topic} was not written under the transactional id ${other.transactionalId} that the contract names.`,
    ]);
    const lossy = {
      ...stateOf(shelf, null),
      topic: await broker.topic(1, { 'cleanup.policy': 'compact,delete' }),
    };
    expect((await checks(lossy)).map(([outcome]) => outcome)).toEqual([
      'passed',
      'failed',
      'warning',
      'warning',
    ]);
    expect(await checks({ ...lossy, topic: 'nowhere' })).toEqual([
      ['failed', expect.stringContaining('nowhere does not exist')],
    ]);
  });
});

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Message } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { inTransaction, openTransactional } from '../../../../../demo/testing/topic-projector.ts';
import type { PromotionAttempt } from '../../../../application/ports/promotion-target.ts';
import { topicState } from '../../../../domain/contract/define.ts';
import type { TopicState } from '../../../../domain/contract/index.ts';
import { RepriseError } from '../../../../domain/shared/errors.ts';
import { type BrokerUnderTest, connect } from '../../broker-under-test.ts';
import { type Cluster, openCluster } from '../../cluster.ts';
import { openQuestions, type Questions } from '../questions.ts';
import { openTopicStore, type TopicStore } from '../topic-store.ts';
import { createTopicTarget } from './topic-target.ts';

const brokers = inject('kafkaBrokers');

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(brokers !== '')('what is written to a topic', () => {
  const settings = {
    brokers: brokers.split(','),
    tls: false,
    sasl: null,
    registryUrl: null,
    clientId: 't',
  } as const;
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const made: string[] = [];
  let broker: BrokerUnderTest;
  let cluster: Cluster;
  let questions: Questions;
  let store: TopicStore;

  beforeAll(async () => {
    broker = await connect(brokers);
    cluster = openCluster(settings, () => undefined);
    questions = openQuestions(settings);
    store = openTopicStore(cluster, () => undefined);
  });
  afterAll(async () => {
    store?.close();
    await Promise.all([cluster?.close(), questions?.close()]);
    if (made.length > 0) await broker.admin.deleteTopics({ topics: made });
    await broker?.close();
  });

  /** A topic with these rows, at offset 1 of its history. */
  async function shelfOf(messages: readonly Message[], partitions = 1): Promise<TopicState<unknown>> {
    const historyTopic = await broker.topic(1);
    const topic = await broker.topic(partitions, { 'cleanup.policy': 'compact' });
    const notes = `${topic}.reprise-promotion`;
    await broker.admin.createTopics({
      waitForLeaders: true,
      topics: [
        { topic: notes, numPartitions: 1, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] },
      ],
    });
    made.push(notes);
    const state = topicState<unknown>({
      title: 'Shelf',
      topic,
      consumerGroup: `g-${topic}`,
      transactionalId: `t-${topic}`,
      fields: { total: { path: 'total', expected: () => 0 } },
    });
    // A broker that has just started makes its groups' topic at the first question, and coordinates none until then.
    await expect
      .poll(() => questions.committed(state.consumerGroup, historyTopic, [0]), { timeout: 30_000 })
      .toEqual(new Map());
    const producer = await openTransactional(kafka, `t-${topic}`);
    await inTransaction(producer, [{ topic, messages: [...messages] }], {
      group: state.consumerGroup,
      history: historyTopic,
      partitions: [{ partition: 0, offset: '1' }],
    });
    await producer.disconnect();
    return { ...state, historyTopic };
  }

  function targetOf(reading: TopicStore = store) {
    const read = { cluster, questions, store: reading, lookForMs: 10_000 };
    const promoter = { settings, cluster, questions };
    return createTopicTarget({ read, promoter, log: () => undefined });
  }

  function attemptOf(given: Partial<PromotionAttempt>): PromotionAttempt {
    return {
      promotionId: randomUUID(),
      token: 1n,
      keys: ['K', 'new'],
      undoes: null,
      holdMs: 10_000,
      decide: async () => ({
        writes: [{ kind: 'insert', key: 'new', fields: { total: 1 } }],
        outcome: null,
      }),
      at: async () => undefined,
      ...given,
    };
  }

  async function promote(
    state: TopicState<unknown>,
    given: Partial<PromotionAttempt>,
    reading: TopicStore = store,
  ) {
    const attempt = attemptOf(given);
    const target = targetOf(reading);
    expect(await target.fence(state, attempt.promotionId, attempt.token)).toEqual({ kind: 'held' });
    return target.promote(state, attempt);
  }

  /** The committed value of a key; undefined where no row is. */
  async function textAt(state: TopicState<unknown>, key: string) {
    const { partitions } = await cluster.topic(state.topic);
    const ends = await questions.ends(
      state.topic,
      partitions.map(({ partition }) => partition),
      'last-stable',
    );
    return (await store.readTo(state, ends)).of(key)[0]?.value.toString();
  }

  it.each([
    ['nobody writes under', async () => 'a-prefix-or-a-typo', /nobody writes under the transactional id/],
    [
      'somebody writes under who does not write its rows',
      async () => (await shelfOf([{ key: 'K', value: '{}' }])).transactionalId,
      /the last transaction in topic .* was not written under the transactional id/,
    ],
  ])(
    'is refused before it is approved, and before it begins, where the contract names an id that %s',
    async (_, other, sentence) => {
      const state = {
        ...(await shelfOf([{ key: 'K', value: '{"total":1}' }])),
        transactionalId: await other(),
      };
      const unfit = { code: 'promotion-target-unfit', message: expect.stringMatching(sentence) };
      await expect(targetOf().check(state, new Set(['update']))).rejects.toMatchObject(unfit);
      await expect(targetOf().fence(state, randomUUID(), 1n)).rejects.toMatchObject(unfit);
    },
  );

  it('is not written by a worker that another one has followed', async () => {
    const state = await shelfOf([{ key: 'K', value: '{"total":1}' }]);
    const target = targetOf();
    const attempt = attemptOf({
      decide: async () => ({
        writes: [{ kind: 'update', key: 'K', fields: { total: 5 } }],
        outcome: { written: 1 },
      }),
    });
    expect(await target.fence(state, attempt.promotionId, 1n)).toEqual({ kind: 'held' });
    expect(await target.fence(state, attempt.promotionId, 2n)).toEqual({ kind: 'held' });
    expect(await target.promote(state, attempt)).toEqual({ kind: 'stale' });
    expect(await target.fence(state, attempt.promotionId, 1n)).toEqual({ kind: 'stale' });
    expect(await textAt(state, 'K')).toBe('{"total":1}');
    expect(await target.promote(state, { ...attempt, token: 2n })).toMatchObject({ kind: 'written' });
    // A commit is answered before its marker stands.
    await expect.poll(() => textAt(state, 'K')).toBe('{"total":5}');
    // Whoever comes late finds that it is done.
    expect(await target.promote(state, attempt)).toMatchObject({ written: { outcome: { written: 1 } } });
  });

  it('is not written by a worker that another one follows while it takes the id', async () => {
    const state = await shelfOf([{ key: 'K', value: '{"total":1}' }]);
    const target = targetOf();
    const attempt = attemptOf({
      decide: async () => ({ writes: [{ kind: 'delete', key: 'K' }], outcome: null }),
    });
    expect(await target.fence(state, attempt.promotionId, 1n)).toEqual({ kind: 'held' });
    // The last reading before the id is taken: what was read of the notes before is old by the time that it is.
    const followed: TopicStore = {
      ...store,
      readTo: async (...given) => {
        await target.fence(state, attempt.promotionId, 2n);
        return store.readTo(...given);
      },
    };
    expect(await targetOf(followed).promote(state, attempt)).toEqual({ kind: 'stale' });
    expect(await textAt(state, 'K')).toBe('{"total":1}');
  });

  it('is not written again by a late worker once its note was erased as docs/promotion.md says', async () => {
    const state = await shelfOf([{ key: 'K', value: '{"total":1}' }]);
    const target = targetOf();
    const attempt = attemptOf({
      token: 2n,
      decide: async () => ({ writes: [{ kind: 'delete', key: 'K' }], outcome: { written: 1 } }),
    });
    await target.fence(state, attempt.promotionId, 1n);
    await target.fence(state, attempt.promotionId, 2n);
    const done = await target.promote(state, attempt);
    if (done.kind !== 'written') throw new Error('it was not written');
    const { token, appliedAt } = done.written;
    const erased = JSON.stringify({ token, appliedAt, outcome: null, deleted: {} });
    await broker.producer.send({
      topic: `${state.topic}.reprise-promotion`,
      messages: [{ key: attempt.promotionId, value: erased }],
    });
    const written = { token: '2', appliedAt, outcome: null };
    expect(await target.fence(state, attempt.promotionId, 1n)).toEqual({ kind: 'written', written });
    expect(await target.promote(state, { ...attempt, token: 1n })).toMatchObject({ written });
    await expect(promote(state, { undoes: attempt.promotionId })).rejects.toThrow(/is not kept/);
  });

  it.each([
    ['between the reading of the rows and the writing', 'decided', 0],
    ['between the writing and the commit', 'written', 0],
    ['to a partition that nothing is written to', 'decided', 1],
  ] as const)(
    'is not written where somebody else writes %s, and goes on when they do no more',
    async (_, when, partition) => {
      const state = await shelfOf([{ key: 'K', value: '{"total":1}', partition: 0 }], 2);
      const decide: PromotionAttempt['decide'] = async () => ({
        writes: [{ kind: 'update', key: 'K', fields: { total: 5 } }],
        outcome: null,
      });
      let isOver = false;
      // Not in a transaction: nothing of it is ever open.
      const at: PromotionAttempt['at'] = async (step) => {
        if (step !== when || isOver) return;
        isOver = true;
        const messages = [{ key: partition === 0 ? 'K' : 'L', partition, value: '{"total":2}' }];
        await broker.producer.send({ topic: state.topic, messages });
      };
      const attempt = attemptOf({ keys: ['K'], decide, at });
      const target = targetOf();
      await target.fence(state, attempt.promotionId, attempt.token);
      await expect(target.promote(state, attempt)).rejects.toMatchObject({
        code: 'derived-state-unavailable',
        message: expect.stringContaining(`somebody else than ${state.transactionalId} writes to partition`),
        where: `${state.topic}/${partition}`,
      });
      // What was aborted hides what came behind it until its marker stands, which is after the abort is answered.
      await expect.poll(() => textAt(state, 'K')).toBe(partition === 0 ? '{"total":2}' : '{"total":1}');
      expect(await target.promote(state, attempt)).toMatchObject({ kind: 'written' });
      await expect.poll(() => textAt(state, 'K')).toBe('{"total":5}');
    },
  );

  it('is told as it is where deciding fails: neither the history nor a mistake is a fault of the topic', async () => {
    const state = await shelfOf([{ key: 'K', value: '{"total":1}' }]);
    for (const fault of [
      new RepriseError('history-unavailable', 'Reading topic events made no progress.', { where: 'events' }),
      new TypeError('x is not a function'),
      Object.assign(new Error('deadlock detected'), { code: '40P01' }),
    ]) {
      const decide = () => Promise.reject(fault);
      await expect(promote(state, { decide })).rejects.toBe(fault);
      const at = () => Promise.reject(fault);
      await expect(promote(state, { at })).rejects.toBe(fault);
    }
    expect(await textAt(state, 'K')).toBe('{"total":1}');
  });

  it('is no new row where too few rows tell where one goes, or none what headers it has', async () => {
    const few = await shelfOf([{ key: 'K', value: '{"total":1}' }], 3);
    const unfit = (sentence: string) => ({
      code: 'promotion-target-unfit',
      message: expect.stringContaining(sentence),
    });
    await expect(targetOf().check(few, new Set(['insert']))).rejects.toMatchObject(unfit('too few rows'));
    await expect(promote(few, {})).rejects.toMatchObject(unfit('too few rows'));
    const none = await shelfOf([{ key: 'K', value: null }]);
    await expect(targetOf().check(none, new Set(['insert']))).rejects.toMatchObject(unfit('it has no rows'));
    await expect(promote(none, {})).rejects.toMatchObject(unfit('it has no rows'));
  });

  it('is no figure where nothing tells how it is to stand there', async () => {
    const state = await shelfOf([
      { key: 'K', value: '{"total":"12.50"}' },
      { key: 'L', value: '{"total":3}' },
    ]);
    await expect(promote(state, {})).rejects.toMatchObject({
      code: 'promotion-target-unfit',
      message: expect.stringContaining('the row of new would get a figure'),
    });
    const decide: PromotionAttempt['decide'] = async () => ({
      writes: [{ kind: 'update', key: 'K', fields: { total: 13.5 } }],
      outcome: null,
    });
    expect(await promote(state, { decide })).toMatchObject({ kind: 'written' });
    await expect.poll(() => textAt(state, 'K')).toBe('{"total":"13.50"}');
  });

  it('is decided in the whole time that is given for it, however long its rows take to be read', async () => {
    const state = await shelfOf([{ key: 'K', value: '{"total":1}' }]);
    const slow: TopicStore = {
      ...store,
      readTo: async (...given) => {
        await sleep(600);
        return store.readTo(...given);
      },
    };
    const seen: boolean[] = [];
    const decide: PromotionAttempt['decide'] = async (_at, _rows, signal) => {
      seen.push(signal.aborted);
      return { writes: [], outcome: null };
    };
    expect(await promote(state, { holdMs: 500, decide }, slow)).toMatchObject({ kind: 'written' });
    expect(seen).toEqual([false]);
  });

  it('is no new row where the rows that are there have different headers', async () => {
    const state = await shelfOf([
      { key: 'K', value: '{"total":1}', headers: { type: 'a' } },
      { key: 'L', value: '{"total":1}', headers: { type: 'b' } },
    ]);
    const unfit = {
      code: 'promotion-target-unfit',
      message: expect.stringContaining('different record headers'),
    };
    await expect(targetOf().check(state, new Set(['insert']))).rejects.toMatchObject(unfit);
    await expect(promote(state, {})).rejects.toMatchObject(unfit);
    // A row that a promotion has deleted comes back with its own.
    await expect(targetOf().check(state, new Set(['insert']), true)).resolves.toBeUndefined();
    await expect(targetOf().check(state, new Set(['update', 'delete']))).resolves.toBeUndefined();
  });

  it('is no part of a deleted row whose whole value is not kept any more', async () => {
    const state = await shelfOf([{ key: 'K', value: '{"total":1}' }]);
    await expect(promote(state, { undoes: randomUUID() })).rejects.toMatchObject({
      code: 'promotion-target-unfit',
      message: expect.stringContaining('the row of new that was deleted is not kept'),
    });
  });
});

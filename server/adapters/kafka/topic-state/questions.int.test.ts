import { Consumer } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type BrokerUnderTest, connect } from '../broker-under-test.ts';
import { openQuestions, type Questions } from './questions.ts';

const brokers = inject('kafkaBrokers');

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(brokers !== '')('what is asked about a projector', () => {
  let broker: BrokerUnderTest;
  let questions: Questions;
  beforeAll(async () => {
    broker = await connect(brokers);
    questions = openQuestions({
      brokers: brokers.split(','),
      tls: false,
      sasl: null,
      registryUrl: null,
      clientId: 'reprise-test',
    });
  });
  afterAll(async () => {
    await questions?.close();
    await broker?.close();
  });

  it.each([
    ['classic', 1],
    ['consumer', null],
  ] as const)(
    'it has members while it runs, and none once it is stopped, by the %s group protocol',
    async (groupProtocol, members) => {
      const topic = await broker.topic(1);
      const groupId = `group-of-${topic}`;
      const consumer = new Consumer({
        clientId: 'reprise-test',
        bootstrapBrokers: brokers.split(','),
        groupId,
        groupProtocol,
        autocommit: false,
      });
      const stream = await consumer.consume({ topics: [topic], mode: 'earliest', sessionTimeout: 10_000 });
      await expect.poll(() => questions.members(groupId), { timeout: 20_000 }).toBe(members);
      await stream.close();
      await consumer.close(true);
      await expect.poll(() => questions.members(groupId), { timeout: 20_000 }).toBe(0);
    },
  );

  it('a group that nobody has heard of has no members', async () => {
    expect(await questions.members('nobody-at-all')).toBe(0);
  });
});

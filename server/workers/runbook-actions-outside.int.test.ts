import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { actionContext } from '../../demo/testing/action-context.ts';
import { commitOffsets } from '../../demo/testing/commit-offsets.ts';
import { openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import type { Action, ActionResult, Preview } from '../application/ports/runbook-actions.ts';
import { compose } from '../composition/compose.ts';
import { createOutsideActions } from '../composition/runbook-actions-outside.ts';
import { type ActionName, type ActionParams, actions as definitions } from '../domain/runbook/index.ts';
import { readSettings } from '../env.ts';

const brokers = inject('kafkaBrokers');
const recordsOf = ({ kafka }: ReturnType<typeof compose>) => {
  if (kafka === null) throw new Error('no broker');
  return kafka.records;
};

type Own = keyof ReturnType<typeof createOutsideActions> & ActionName;

describe.runIf(brokers !== '')('actions outside, on a real broker and a real database', () => {
  let world: ReplayWorld;
  let composed: ReturnType<typeof compose>;
  let actions: ReturnType<typeof createOutsideActions>;
  const said: string[] = [];

  beforeAll(async () => {
    world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: brokers });
    const settings = readSettings(world.env, process.cwd());
    composed = compose(settings, 'test', 4);
    actions = createOutsideActions(settings, composed);
    await world.pool.query(`
      CREATE TABLE IF NOT EXISTS shelf (item text PRIMARY KEY, total integer NOT NULL);
      CREATE TABLE IF NOT EXISTS shelf_position (partition integer PRIMARY KEY, next_offset bigint NOT NULL);
      GRANT SELECT ON shelf, shelf_position TO ${world.reader};
      GRANT SELECT, UPDATE ON shelf_position TO ${world.promoter};`);
  });
  afterAll(async () => {
    await composed.close();
    await world.close();
  });

  const context = (attemptId: string = randomUUID()) =>
    actionContext({
      attemptId,
      signal: AbortSignal.timeout(60_000),
      say: (line: string) => void said.push(line),
    });
  const actionOf = <Name extends Own>(name: Name): Action<Name> => {
    const action = actions[name];
    if ('unavailable' in action) throw new Error(action.unavailable);
    return action as Action<Name>;
  };
  const paramsOf = <Name extends Own>(name: Name, raw: unknown) =>
    definitions[name].params.parse(raw) as ActionParams<Name>;
  const preview = <Name extends Own>(name: Name, raw: unknown): Promise<Preview> =>
    actionOf(name).preview(paramsOf(name, raw), context());
  const perform = <Name extends Own>(
    name: Name,
    raw: unknown,
    frozen: Preview['frozen'],
    attemptId?: string,
  ): Promise<ActionResult> => actionOf(name).perform(paramsOf(name, raw), frozen, context(attemptId));
  const run = async <Name extends Own>(name: Name, raw: unknown): Promise<ActionResult> => {
    const { frozen } = await preview(name, raw);
    return perform(name, raw, JSON.parse(JSON.stringify(frozen)));
  };
  const add = (id: string, key: string, value: unknown, version = 1, partition = 0) => ({
    id,
    key,
    type: 'ItemsAdded',
    version,
    value,
    partition,
  });
  const setOffset = (group: string, topic: string, offset: string, partition = 0) =>
    commitOffsets(brokers, { groupId: group, topic, partitions: [{ partition, offset }] });

  it('inspect a group: where it is, that nobody is in it, and where it stands still', async () => {
    const topic = await world.topic(2);
    const group = `g-${topic}`;
    await world.produce(topic, [add('a', 'k', { n: 1 }), add('b', 'k', { n: 1 }), add('c', 'k', { n: 1 })]);
    await setOffset(group, topic, '1');
    const { sentence, outputs, shown } = await run('inspect-group', { group, topic });
    expect(outputs).toMatchObject({ members: 0, lag: '2', stuckPartition: 0, stuckOffset: '1' });
    expect(sentence).toMatch(/Partition 0 stands at offset 1/);
    expect(shown[0]).toMatchObject({ columns: expect.arrayContaining(['Committed', 'End', 'Behind']) });
  });

  it('read records around an offset without what they hold', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, [add('id-1', 'secret-key', { n: 4711 }), add('id-2', 'k', { n: 2 })]);
    const result = await run('read-records', { topic, partition: 0, offset: '1' });
    expect(result.outputs).toEqual({ found: 2, exists: true });
    const text = JSON.stringify(result);
    expect(text).toContain('id=id-1');
    expect(text).toContain('type=ItemsAdded');
    expect(text).not.toContain('4711');
    expect(text).not.toContain('secret-key');
    // A digest of what few values can be tells which one it is.
    expect(result.shown[0]).toMatchObject({
      rows: [['0', expect.anything(), '10 bytes', '10 bytes', expect.anything()], expect.anything()],
    });
    expect(text).toContain('offset');
  });

  it('show no cause of a dead letter, which may quote a value', async () => {
    const topic = await world.topic(1);
    const producer = world.kafka.producer();
    await producer.connect();
    await producer.send({
      topic: `${topic}.dead`,
      messages: [{ key: 'k', value: '{}', headers: { id: 'id-9', cause: 'amount 4711 is no number' } }],
    });
    await producer.disconnect();
    const text = JSON.stringify(
      await run('read-records', { topic: `${topic}.dead`, partition: 0, offset: '0' }),
    );
    expect(text).toContain('id=id-9');
    expect(text).toContain('cause');
    expect(text).not.toContain('4711');
  });

  it('tell what is truncated from what is aborted and what is not written yet', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, [add('a', 'k', { n: 1 }), add('b', 'k', { n: 1 }), add('c', 'k', { n: 1 })]);
    const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
    const producer = kafka.producer({
      transactionalId: `tx-${topic}`,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ key: 'k', value: '{}' }] });
    await transaction.abort();
    await producer.disconnect();
    await world.truncate(topic, 0, '2');
    const gone = await run('read-records', { topic, partition: 0, offset: '0', count: 10 });
    expect(gone.outputs).toEqual({ found: 1, exists: false });
    expect(gone.sentence).toMatch(/Offset 0 was removed, by retention or by DeleteRecords/);
    const text = JSON.stringify(gone.shown);
    expect(text).toMatch(/Offset 3 belongs to a transaction that was aborted/);
    expect(text).toMatch(/Offset 4 holds the marker of a transaction/);
    expect(text).toMatch(/Offsets 5 to 9 are not written yet: the log ends at 5/);
    await expect(
      run('decode-record', { contract: 'tally', partition: 0, offset: '0' }),
    ).rejects.toMatchObject({
      code: 'runbook-refused',
      message: expect.stringMatching(/were removed/),
    });
  });

  it('decode a record step by step, and say at which it fails, without its values', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, [
      add('good', 'k', { n: 1 }),
      { ...add('poison', 'k', null), value: '{"quantity": 4711' },
      add('unread', 'k', { n: 1 }, 9),
      add('misfit', 'k', { n: 'hunter2' }),
      { ...add('other', 'k', {}), type: 'NobodyKnows' },
    ]);
    const decode = (offset: number) =>
      run('decode-record', { contract: 'tally', partition: 0, offset: String(offset) });
    expect((await decode(0)).outputs).toEqual({
      decodes: true,
      eventId: 'good',
      eventType: 'ItemsAdded',
      eventVersion: 1,
    });
    const poison = await decode(1);
    expect(poison.outputs).toMatchObject({ decodes: false, reason: 'undecodable' });
    expect(poison.sentence).toMatch(/17 bytes can't be decoded: The value is not JSON\./);
    expect((await decode(2)).outputs).toMatchObject({
      decodes: false,
      reason: 'unknown-version',
      eventVersion: 9,
    });
    const misfit = await decode(3);
    expect(misfit.outputs).toMatchObject({ decodes: false, reason: 'invalid-data', eventId: 'misfit' });
    expect((await decode(4)).outputs).toMatchObject({ decodes: false, reason: 'unknown-type' });
    expect(JSON.stringify([poison, misfit])).not.toMatch(/4711|hunter2/);
    await expect(decode(5)).rejects.toMatchObject({ code: 'runbook-refused' });
  });

  it('search the history by ordering key and by idempotency key, and say how much was read', async () => {
    const topic = await world.topic(2);
    await world.produce(topic, [
      add('e1', 'apple', { n: 1 }),
      add('e2', 'pear', { n: 1 }, 1, 1),
      add('e3', 'apple', { n: 1 }),
      add('e1', 'apple', { n: 1 }),
    ]);
    const byKey = await run('search-history', { contract: 'tally', key: 'apple' });
    expect(byKey.outputs).toEqual({ found: 3, partition: 0, offset: '0' });
    const byId = await run('search-history', { contract: 'tally', eventId: 'e1' });
    expect(byId.outputs).toMatchObject({ found: 2 });
    const none = await run('search-history', { contract: 'tally', eventId: 'e9' });
    expect(none.outputs).toEqual({ found: 0 });
    expect(none.sentence).toMatch(/Read all 4 offsets.*e9 is not among them/);
    await expect(preview('search-history', { contract: 'tally' })).rejects.toMatchObject({
      code: 'input-invalid',
    });
  });

  it('say what was read of a history where the time was up before its end', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, [add('e1', 'apple', { n: 1 })]);
    const ended = await actionOf('search-history').perform(
      { contract: 'tally', key: 'apple' },
      {},
      {
        ...context(),
        signal: AbortSignal.abort(),
      },
    );
    expect(ended.outputs).toMatchObject({ found: 0 });
    expect(ended.sentence).toMatch(/Read 0 of 1 offset before the time was up.*was not found in these/);
  });

  it('say so within the time that the step has, however long others have', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, [add('e1', 'apple', { n: 1 })]);
    const about = { ...context(), withinMs: 1 };
    const ended = await actionOf('search-history').perform({ contract: 'tally', key: 'apple' }, {}, about);
    expect(ended.sentence).toMatch(/before the time was up/);
    const whole = await actionOf('search-history').perform(
      { contract: 'tally', key: 'apple' },
      {},
      context(),
    );
    expect(whole.sentence).toMatch(/Read all 1 offset/);
  });

  it('copy a record to the dead letters as it is, once', async () => {
    const topic = await world.topic(1);
    const key = Buffer.from([0, 255, 1]);
    await world.produce(topic, [add('a', 'k', { n: 1 })]);
    const producer = world.kafka.producer();
    await producer.connect();
    await producer.send({
      topic,
      messages: [{ key, value: Buffer.from([123, 0, 254]), headers: { id: 'p', twice: ['1', '2'] } }],
    });
    await producer.disconnect();
    const params = {
      contract: 'tally',
      state: 'shelf',
      partition: 0,
      offset: '1',
      cause: 'can not be decoded',
    };
    const first = await run('publish-dead-letter', params);
    expect(first.outputs).toMatchObject({ topic: `${topic}.dead`, already: false, offset: '0' });
    const again = await run('publish-dead-letter', params);
    expect(again.outputs).toEqual({ ...first.outputs, already: true });
    const { records } = await recordsOf(composed).read(
      `${topic}.dead`,
      0,
      { from: 0n, to: 10n },
      AbortSignal.timeout(20_000),
    );
    expect(records).toHaveLength(1);
    const [letter] = records;
    expect(Buffer.from(letter?.key ?? [])).toEqual(key);
    expect(Buffer.from(letter?.value ?? [])).toEqual(Buffer.from([123, 0, 254]));
    const headers = letter?.headers.map(([name, value]) => [name, Buffer.from(value ?? []).toString()]);
    expect(headers).toEqual(
      expect.arrayContaining([
        ['id', 'p'],
        ['twice', '1'],
        ['twice', '2'],
        ['cause', 'can not be decoded'],
        ['dlq.origin.topic', topic],
        ['dlq.origin.offset', '1'],
      ]),
    );
    const listed = await composed.deadLetters.list(
      `${topic}.dead`,
      { from: 'header', name: 'id' },
      { from: 'header', name: 'cause' },
      10,
    );
    expect(listed.letters).toMatchObject([{ eventId: 'p', cause: 'can not be decoded' }]);
  });

  it('copy a record once, also where several are about to', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, [add('a', 'k', { n: 1 })]);
    const params = { contract: 'tally', state: 'shelf', partition: 0, offset: '0', cause: 'x' };
    const { frozen } = await preview('publish-dead-letter', params);
    const each = () => perform('publish-dead-letter', params, frozen);
    const ended = await Promise.allSettled([each(), each(), each()]);
    expect(ended.some(({ status }) => status === 'fulfilled')).toBe(true);
    // Whoever was barred does it again, and finds it: behind the marks of those whose writing was broken off.
    expect((await each()).outputs).toMatchObject({ already: true });
    const { records } = await recordsOf(composed).read(
      `${topic}.dead`,
      0,
      { from: 0n, to: 10n },
      AbortSignal.timeout(20_000),
    );
    expect(records).toHaveLength(1);
  });

  it('copy nothing while a transaction of somebody else may hide that it is there', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, [add('a', 'k', { n: 1 })]);
    const params = { contract: 'tally', state: 'shelf', partition: 0, offset: '0', cause: 'x' };
    const { frozen } = await preview('publish-dead-letter', params);
    const open = world.kafka.producer({
      transactionalId: `tx-${topic}`,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    const consumer = world.kafka.producer();
    await Promise.all([open.connect(), consumer.connect()]);
    const letters = `${topic}.dead`;
    const transaction = await open.transaction();
    await transaction.send({ topic: letters, messages: [{ key: 'other', value: '{}', partition: 0 }] });
    const headers = {
      ...{ 'dlq.origin.topic': topic, 'dlq.origin.partition': '0', 'dlq.origin.offset': '0' },
      'dlq.projector': 'shelf',
    };
    await consumer.send({ topic: letters, messages: [{ key: 'k', value: '{}', partition: 0, headers }] });
    const about = context();
    await expect(
      actionOf('publish-dead-letter').perform(paramsOf('publish-dead-letter', params), frozen, about),
    ).rejects.toMatchObject({
      code: 'history-unavailable',
      message: expect.stringMatching(/neither been committed nor aborted/),
    });
    expect(about.begun()).toBe(false);
    await transaction.abort();
    const { outputs } = await perform('publish-dead-letter', params, frozen);
    expect(outputs).toMatchObject({ already: true, offset: '1' });
    await Promise.all([open.disconnect(), consumer.disconnect()]);
  });

  it('copy no other record than was shown', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, [add('a', 'k', { n: 1 })]);
    const params = { contract: 'tally', state: 'shelf', partition: 0, offset: '0', cause: 'x' };
    const { frozen } = await preview('publish-dead-letter', params);
    await expect(
      perform('publish-dead-letter', params, { ...frozen, digest: '0'.repeat(64) }),
    ).rejects.toMatchObject({ code: 'runbook-overtaken' });
    await world.recreate(topic, 1);
    await world.produce(topic, [add('a', 'k', { n: 1 })]);
    await expect(perform('publish-dead-letter', params, frozen)).rejects.toMatchObject({
      code: 'runbook-overtaken',
    });
  });

  it('set the offset of a group, and of the state that keeps its position itself, in one act', async () => {
    const topic = await world.topic(1);
    const group = `g-${topic}`;
    await world.produce(
      topic,
      [0, 1, 2, 3].map((n) => add(`e${n}`, 'k', { n })),
    );
    await setOffset(group, topic, '1');
    await world.pool.query('DELETE FROM shelf_position; INSERT INTO shelf_position VALUES (0, 1)');
    const params = { group, topic, partition: 0, to: '2', from: '1', contract: 'tally', state: 'shelf' };
    const seen = await preview('set-group-offset', params);
    expect(seen.sentence).toMatch(/1 event will not be applied/);
    const attempt = randomUUID();
    const done = await perform('set-group-offset', params, seen.frozen, attempt);
    expect(done.outputs).toEqual({ before: '1', after: '2' });
    const position = async () =>
      (await world.pool.query('SELECT next_offset::text FROM shelf_position')).rows;
    expect(await position()).toEqual([{ next_offset: '2' }]);
    // The same attempt once more, as after a worker that vanished.
    await world.pool.query('UPDATE shelf_position SET next_offset = 1');
    await perform('set-group-offset', params, seen.frozen, attempt);
    expect(await position()).toEqual([{ next_offset: '2' }]);
    await expect(preview('set-group-offset', params)).rejects.toMatchObject({ code: 'runbook-refused' });
  });

  it('finish, asked for once more, what an attempt left half done: the group moved, and the state not', async () => {
    const topic = await world.topic(1);
    const group = `g-${topic}`;
    await world.produce(
      topic,
      [0, 1, 2].map((n) => add(`e${n}`, 'k', { n })),
    );
    await setOffset(group, topic, '2');
    await world.pool.query('DELETE FROM shelf_position; INSERT INTO shelf_position VALUES (0, 1)');
    const alone = { group, topic, partition: 0, to: '2', from: '1' };
    const params = { ...alone, contract: 'tally', state: 'shelf' };
    const seen = await preview('set-group-offset', params);
    expect(seen.sentence).toMatch(/The group stands there already/);
    await perform('set-group-offset', params, JSON.parse(JSON.stringify(seen.frozen)));
    const { rows } = await world.pool.query('SELECT next_offset::text FROM shelf_position');
    expect(rows).toEqual([{ next_offset: '2' }]);
    await world.pool.query('UPDATE shelf_position SET next_offset = 0');
    for (const other of [params, alone])
      await expect(preview('set-group-offset', other)).rejects.toMatchObject({
        code: 'runbook-refused',
        message: expect.stringMatching(/stands at 2 .*and not at 1/),
      });
  });

  it('refuse an offset where somebody moved the group or the state since, and change nothing', async () => {
    const topic = await world.topic(1);
    const group = `g-${topic}`;
    await world.produce(
      topic,
      [0, 1, 2, 3].map((n) => add(`e${n}`, 'k', { n })),
    );
    await setOffset(group, topic, '1');
    await world.pool.query('DELETE FROM shelf_position; INSERT INTO shelf_position VALUES (0, 1)');
    const params = { group, topic, partition: 0, to: '3', contract: 'tally', state: 'shelf' };
    const { frozen } = await preview('set-group-offset', params);
    await world.pool.query('UPDATE shelf_position SET next_offset = 2');
    await expect(perform('set-group-offset', params, frozen)).rejects.toMatchObject({
      code: 'runbook-overtaken',
    });
    const { offset } =
      (await world.admin.fetchOffsets({ groupId: group, topics: [topic] }))[0]?.partitions[0] ?? {};
    expect(offset).toBe('1');
    await world.pool.query('UPDATE shelf_position SET next_offset = 1');
    await setOffset(group, topic, '2');
    await expect(perform('set-group-offset', params, frozen)).rejects.toMatchObject({
      code: 'runbook-overtaken',
    });
    const { rows } = await world.pool.query('SELECT next_offset::text FROM shelf_position');
    expect(rows).toEqual([{ next_offset: '1' }]);
    await expect(preview('set-group-offset', { ...params, to: '99' })).rejects.toMatchObject({
      code: 'runbook-refused',
      message: expect.stringMatching(/from 0 to 4/),
    });
  });

  it('refuse an offset by another version of the contract than was looked at', async () => {
    const topic = await world.topic(1);
    const group = `g-${topic}`;
    await world.produce(topic, [add('e0', 'k', { n: 0 }), add('e1', 'k', { n: 1 })]);
    await setOffset(group, topic, '1');
    await world.pool.query('DELETE FROM shelf_position; INSERT INTO shelf_position VALUES (0, 1)');
    const params = { group, topic, partition: 0, to: '2', contract: 'tally', state: 'shelf' };
    const { frozen } = await preview('set-group-offset', params);
    await world.contract('tally', topic, (source) => source.replace("title: 'Shelf'", "title: 'Shelves'"));
    const about = context();
    await expect(
      actionOf('set-group-offset').perform(paramsOf('set-group-offset', params), frozen, about),
    ).rejects.toMatchObject({
      code: 'runbook-overtaken',
      message: expect.stringMatching(/is at version \d+ by now, and version \d+ was looked at/),
    });
    expect(about.begun()).toBe(false);
    const { rows } = await world.pool.query('SELECT next_offset::text FROM shelf_position');
    expect(rows).toEqual([{ next_offset: '1' }]);
  });

  it('refuse an offset while the group has members, and name them', async () => {
    const topic = await world.topic(1);
    const group = `g-${topic}`;
    await world.produce(topic, [add('a', 'k', { n: 1 })]);
    const consumer = world.kafka.consumer({ groupId: group });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
    await joined;
    try {
      const params = { group, topic, partition: 0, to: 'latest' };
      await expect(preview('set-group-offset', params)).rejects.toMatchObject({
        code: 'runbook-refused',
        message: expect.stringMatching(/has 1 member: kafkajs at .*\(partition 0\)/),
      });
      // The broker itself refuses an outsider, whatever a look has said before.
      expect(await composed.kafka?.groups.commit(group, topic, { partition: 0, offset: 1n })).toBe(
        'has-members',
      );
      const { outputs } = await run('inspect-group', { group, topic });
      expect(outputs).toMatchObject({ members: 1 });
    } finally {
      await consumer.disconnect();
    }
  });

  it('are unavailable with a sentence where no broker is configured', async () => {
    const { KAFKA_BROKERS: _, KAFKA_PROMOTER: __, ...without } = world.env;
    const settings = readSettings(without, process.cwd());
    const alone = compose(settings, 'test', 1);
    try {
      const lacking = createOutsideActions(settings, alone);
      expect(lacking['inspect-group']).toEqual({ unavailable: expect.stringMatching(/KAFKA_BROKERS/) });
      expect(lacking['control-consumer']).toEqual({
        unavailable: expect.stringMatching(/CONSUMER_CONTROL_URL/),
      });
      expect(lacking['check-connector']).toEqual({ unavailable: expect.stringMatching(/CONNECT_URL/) });
    } finally {
      await alone.close();
    }
  });
});

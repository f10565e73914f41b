import { randomUUID } from 'node:crypto';
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { LetterSender, Resent } from '../../application/ports/redrives.ts';
import { createKafka } from './create-kafka.ts';
import type { KafkaSettings } from './settings.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('who sends dead letters', () => {
  const brokers = inject('kafkaBrokers').split(',');
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const made: string[] = [];
  let admin: Admin;
  let other: Producer;
  let adapter: ReturnType<typeof createKafka>;
  let sender: LetterSender;

  beforeAll(async () => {
    const settings: KafkaSettings = {
      brokers,
      tls: false,
      sasl: null,
      registryUrl: null,
      clientId: 'reprise-test',
    };
    adapter = createKafka(settings, () => undefined, { promoter: settings });
    sender = adapter.letterSender;
    admin = kafka.admin();
    const transactionalId = `other-${randomUUID()}`;
    other = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
    await Promise.all([admin.connect(), other.connect()]);
  });
  afterAll(async () => {
    await admin.deleteTopics({ topics: made });
    await Promise.all([admin.disconnect(), other.disconnect(), adapter.close()]);
  });

  async function topic(config: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = `letters-${randomUUID().slice(0, 8)}`;
    const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }));
    await admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic: name, numPartitions: 1, replicationFactor: 1, configEntries }],
    });
    made.push(name);
    await expect.poll(() => sender.ends(name).catch(() => null), { timeout: 20_000 }).toEqual({ 0: '0' });
    return name;
  }

  const letter = (number: number, value = 'v'): Resent => ({
    number,
    origin: `dead/0/${number}`,
    partition: 0,
    record: {
      offset: number,
      timestampMs: 0,
      key: Buffer.from('k'),
      value: Buffer.from(value),
      headers: {},
    },
    headers: [],
  });
  const found = async (id: string, target: string, from: Readonly<Record<string, string>> = {}) => {
    const places = await sender.find(id, target, from, await sender.ends(target), async () => undefined);
    return places.map(({ origin }) => origin);
  };

  it('is barred once another has taken the id, though it sends only then', async () => {
    const [id, target] = [randomUUID(), await topic()];
    const slow = sender.take(id, target, async ({ send }) => {
      await sender.take(id, target, async () => undefined);
      return send([letter(1)]);
    });
    await expect(slow).rejects.toMatchObject({ code: 'history-unavailable' });
    expect(await found(id, target)).toEqual([]);
  });

  it('finds all that was sent, and says nothing while a transaction of somebody else hides it', async () => {
    const [id, target] = [randomUUID(), await topic()];
    const open = await other.transaction();
    await open.send({ topic: target, messages: [{ value: 'not yet', partition: 0 }] });
    const answer = await sender.take(id, target, ({ send }) => send([letter(1), letter(2)]));
    expect(answer).toMatchObject({ kind: 'landed', letters: [{ offset: '1' }, { offset: '2' }] });
    const to = await sender.ends(target);
    await expect(found(id, target)).rejects.toMatchObject({
      code: 'history-unavailable',
      message: expect.stringContaining('neither been committed nor aborted'),
    });
    await open.abort();
    await expect
      .poll(() => sender.find(id, target, {}, to, async () => undefined).catch(() => null), {
        timeout: 20_000,
      })
      .toMatchObject([{ origin: 'dead/0/1' }, { origin: 'dead/0/2' }]);
  });

  it('says that a broker takes a record not for its size, and sends the next by an id taken anew', async () => {
    const [id, target] = [randomUUID(), await topic({ 'max.message.bytes': '2000' })];
    const large = letter(2, 'x'.repeat(5_000));
    for (const letters of [[large], [letter(1), large]])
      expect(await sender.take(id, target, ({ send }) => send(letters))).toMatchObject({
        kind: 'refused',
        cause: expect.stringContaining('max.message.bytes'),
      });
    expect(await sender.take(id, target, ({ send }) => send([letter(1)]))).toMatchObject({ kind: 'landed' });
    expect(await found(id, target)).toEqual(['dead/0/1']);
  });

  it('sends every header that a letter has, in the order of its name, and none without its value', async () => {
    const [id, dead, target] = [randomUUID(), await topic(), await topic()];
    const open = await other.transaction();
    const headers = { seen: ['b', 'a', ''], id: 'e1', 'redrive.id': 'of an earlier one' };
    await open.send({ topic: dead, messages: [{ key: 'k', value: 'v', partition: 0, headers }] });
    await open.commit();
    const { identity } = await adapter.letterTopics.describe(dead);
    const read = () => adapter.letterTopics.readOne(dead, identity, 0, 0n).catch(() => null);
    await expect.poll(read, { timeout: 20_000 }).not.toBeNull();
    const one = { ...letter(1), ...(await read()) };
    expect(await sender.take(id, target, ({ send }) => send([one]))).toMatchObject({ kind: 'landed' });
    const range = { from: 0n, to: 1n };
    const { records } = await adapter.records.read(target, 0, range, AbortSignal.timeout(20_000));
    const arrived = records[0]?.headers.map(([name, value]) => [name, Buffer.from(value ?? []).toString()]);
    expect(arrived).toEqual([
      ['seen', 'b'],
      ['seen', 'a'],
      ['seen', ''],
      ['id', 'e1'],
      ['redrive.id', id],
      ['redrive.origin', 'dead/0/1'],
    ]);
    const without = { ...letter(2), headers: [['cause', null]] as const };
    for (const letters of [[without], [letter(3), without]])
      expect(await sender.take(id, target, ({ send }) => send(letters))).toEqual({
        kind: 'refused',
        cause: expect.stringContaining('its header "cause" has no value'),
      });
    expect(await found(id, target)).toEqual(['dead/0/1']);
  });

  it('says that what was deleted from the target can not be told any more', async () => {
    const [id, target] = [randomUUID(), await topic()];
    await sender.take(id, target, ({ send }) => send([letter(1)]));
    await admin.fetchTopicOffsets(target);
    await admin.deleteTopicRecords({ topic: target, partitions: [{ partition: 0, offset: '1' }] });
    await expect(found(id, target)).rejects.toMatchObject({ code: 'history-truncated' });
    expect(await found(id, target, { 0: '1' })).toEqual([]);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { shelfTables } from '../../demo/testing/projector.ts';
import { openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import { callerOver } from '../api/test-kit.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { composeWorker } from '../composition/worker.ts';
import { readSettings } from '../env.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('what has become of a dead letter since', () => {
  let world: ReplayWorld;
  let worker: ReturnType<typeof composeWorker>;
  let dashboard: ReturnType<typeof composeDashboard>;
  let topic: string;
  const signal = new AbortController().signal;

  beforeAll(async () => {
    world = await openReplayWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    await world.pool.query(shelfTables);
    const settings = readSettings(world.env, process.cwd());
    worker = composeWorker(settings, { name: 'letters' });
    dashboard = composeDashboard(settings, 'test');
  });
  beforeEach(async () => {
    topic = await world.topic(1);
  });
  afterAll(async () => {
    await Promise.all([worker.close(), dashboard.close()]);
    await world.close();
  });

  const letters = () =>
    callerOver(dashboard, { id: 'olga', roles: ['operator'], sessionId: null }).deadLetters;
  const place = () => ({ topic: `${topic}.dead`, partition: 0, offset: '0' });

  async function send(to: string, key: string, id: string, headers: Readonly<Record<string, string>> = {}) {
    const producer = world.kafka.producer();
    await producer.connect();
    const message = {
      key,
      value: '{"amount":2}',
      headers: { id, type: 'ItemsAdded', version: '2', ...headers },
    };
    await producer.send({ topic: to, messages: [message] });
    await producer.disconnect();
  }
  /** As its consumer parks what stands at an offset of the history. */
  const park = (key: string, id: string, offset: number | null) =>
    send(`${topic}.dead`, key, id, {
      cause: 'refused',
      ...(offset === null
        ? {}
        : { 'dlq.origin.topic': topic, 'dlq.origin.partition': '0', 'dlq.origin.offset': String(offset) }),
    });
  async function stateIsAt(next: number) {
    await world.pool.query('TRUNCATE shelf, shelf_position');
    await world.pool.query('INSERT INTO shelf_position VALUES (0, $1)', [next]);
    await worker.letters.index('letters', signal);
  }

  it('is superseded by a newer event of its key once that was applied, and not before', async () => {
    const [old, newer] = [randomUUID(), randomUUID()];
    await send(topic, 'K', old);
    await send(topic, 'other', randomUUID());
    await send(topic, 'K', newer);
    await park('K', old, 0);
    await stateIsAt(2);
    expect((await letters().later(place())).superseded).toEqual({ by: 'not-looked' });
    expect((await letters().later({ ...place(), search: true })).superseded).toMatchObject({ by: 'nothing' });
    await stateIsAt(3);
    expect((await letters().later({ ...place(), search: true })).superseded).toEqual({
      by: 'newer',
      eventId: newer,
      partition: 0,
      offset: 2,
      type: 'ItemsAdded',
    });
  });

  it('is superseded by the newest of its key, however many there are', async () => {
    const old = randomUUID();
    await send(topic, 'K', old);
    const producer = world.kafka.producer();
    await producer.connect();
    const headers = { type: 'ItemsAdded', version: '2' };
    const ids = Array.from({ length: 450 }, () => randomUUID());
    await producer.send({
      topic,
      messages: ids.map((id) => ({ key: 'K', value: '{"amount":2}', headers: { ...headers, id } })),
    });
    await producer.disconnect();
    await park('K', old, 0);
    await stateIsAt(451);
    expect((await letters().later({ ...place(), search: true })).superseded).toMatchObject({
      by: 'newer',
      eventId: ids.at(-1),
      offset: 450,
    });
  });

  it('is not superseded by one that was parked as well, nor by its own event once more', async () => {
    const [old, newer] = [randomUUID(), randomUUID()];
    await send(topic, 'K', old);
    await send(topic, 'K', newer);
    await send(topic, 'K', old);
    await park('K', old, 0);
    await park('K', newer, 1);
    await stateIsAt(3);
    expect((await letters().later({ ...place(), search: true })).superseded).toEqual({
      by: 'nothing',
      sentence: 'shelf has applied no newer event of its key, up to offset 3 of partition 0.',
    });
  });

  it('is not known where nobody says where it stood, or what stood behind it is deleted', async () => {
    const old = randomUUID();
    await send(topic, 'K', old);
    await send(topic, 'K', randomUUID());
    await send(topic, 'other', randomUUID());
    await park('K', old, null);
    await park('K', old, 0);
    await stateIsAt(3);
    expect((await letters().later({ ...place(), search: true })).superseded).toEqual({
      by: 'not-known',
      sentence: 'Its headers don’t say where in the history it stood.',
    });
    await world.truncate(topic, 0, '2');
    expect((await letters().later({ ...place(), offset: '1', search: true })).superseded).toMatchObject({
      by: 'not-known',
      sentence: expect.stringMatching(/some is deleted/),
    });
  });

  it('says in which derived state it is missing once a replay has compared it, and that nothing is known before', async () => {
    const old = randomUUID();
    await send(topic, 'K', old);
    await send(topic, 'whole', randomUUID());
    await park('K', old, 0);
    await stateIsAt(2);
    await world.pool.query(`INSERT INTO shelf VALUES ('whole', 2)`);
    expect((await letters().later(place())).states).toMatchObject([
      {
        derivedState: 'shelf',
        standing: 'not-known',
        sentence: expect.stringMatching(/^Nothing was compared/),
      },
    ]);
    world.startWorker();
    const { replayId } = await world.launch('tally');
    expect(await world.ended(replayId)).toMatchObject({ status: 'finished' });
    expect((await letters().later(place())).states).toMatchObject([
      { derivedState: 'shelf', standing: 'missing' },
    ]);
  });
});

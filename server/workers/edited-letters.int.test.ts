import { randomUUID } from 'node:crypto';
import type { Consumer, IHeaders, KafkaMessage } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { shelfTables } from '../../demo/testing/projector.ts';
import { signIn } from '../../demo/testing/promotions.ts';
import {
  createTopic,
  eventually,
  openReplayWorld,
  type ReplayWorld,
} from '../../demo/testing/replay-world.ts';
import { erasureStore } from '../adapters/erasure/erasure-store.ts';
import { createUnitOfWork } from '../adapters/postgres/unit-of-work.ts';
import { callerOver } from '../api/test-kit.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { composeWorker } from '../composition/worker.ts';
import { readSettings } from '../env.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('a dead letter that is edited', () => {
  let world: ReplayWorld;
  let worker: ReturnType<typeof composeWorker>;
  let dashboard: ReturnType<typeof composeDashboard>;
  let topic: string;
  let consumer: Consumer;
  let olga: Awaited<ReturnType<typeof signIn>>;
  let ada: Awaited<ReturnType<typeof signIn>>;
  const arrived: KafkaMessage[] = [];
  const group = `edits-${randomUUID().slice(0, 8)}`;
  const signal = new AbortController().signal;
  let parked = 0;

  beforeAll(async () => {
    world = await openReplayWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    const settings = readSettings(world.env, process.cwd());
    worker = composeWorker(settings, { name: 'letters' });
    dashboard = composeDashboard(settings, 'test');
    topic = await world.topic(1);
    await createTopic(world.admin, {
      topic: `${topic}.retry`,
      numPartitions: 2,
      configEntries: [{ name: 'max.message.bytes', value: '20000' }],
    });
    await world.contract('tally', topic, (source) =>
      source.replace(
        'deadLetters: {',
        `consumerGroup: '${group}', deadLetters: { redriveTo: '${topic}.retry',`,
      ),
    );
    olga = await signIn(world.pool, 'olga', ['operator', 'approver']);
    ada = await signIn(world.pool, 'ada', ['approver']);
    consumer = await consumeRetries();
  });
  afterAll(async () => {
    await consumer.disconnect();
    await Promise.all([worker.close(), dashboard.close()]);
    await world.close();
  });

  /** A consumer of the retry topic: it parks again what is less than nothing. */
  async function consumeRetries(): Promise<Consumer> {
    const producer = world.kafka.producer();
    await producer.connect();
    const started = world.kafka.consumer({ groupId: group, sessionTimeout: 30_000 });
    await started.connect();
    await started.subscribe({ topic: `${topic}.retry`, fromBeginning: true });
    await started.run({
      autoCommitThreshold: 1,
      eachMessage: async ({ message }) => {
        arrived.push(message);
        if (!message.value?.toString().includes('-1')) return;
        const { key, value, headers } = message;
        await producer.send({
          topic: `${topic}.dead`,
          messages: [{ key, value, headers: { ...headers, cause: 'still-refused' } }],
        });
        parked += 1;
      },
    });
    started.on('consumer.disconnect', () => void producer.disconnect());
    return started;
  }

  const as = (who: typeof olga, roles: Parameters<typeof callerOver>[1]['roles']) =>
    callerOver(dashboard, { id: who.personId, roles, sessionId: who.sessionId });
  const operator = () => as(olga, ['operator']).deadLetters;
  const approver = () => as(ada, ['approver']).deadLetters;

  async function park(value: string | Buffer, more: IHeaders = {}) {
    const producer = world.kafka.producer();
    await producer.connect();
    const eventId = randomUUID();
    const headers = { id: eventId, type: 'ItemsAdded', version: '2', cause: 'invalid-data', ...more };
    await producer.send({ topic: `${topic}.dead`, messages: [{ key: 'PERSON-7', value, headers }] });
    await producer.disconnect();
    await worker.letters.index('letters', signal);
    const offset = String(parked);
    parked += 1;
    return { eventId, place: { topic: `${topic}.dead`, partition: 0, offset } };
  }
  const reveal = (who: typeof olga, roles: Parameters<typeof callerOver>[1]['roles']) =>
    as(who, roles).states.reveal({ contractId: 'tally', reason: 'to see what was refused' });

  async function askEdit(place: Awaited<ReturnType<typeof park>>['place'], value: string) {
    const { hash: planHash, refusal } = await operator().previewEdit({ ...place, value, ticket: 'OPS-1' });
    expect(refusal).toBeNull();
    const request = { ...place, value, ticket: 'OPS-1', planHash, reason: 'the figure was a word' };
    return (await operator().requestEdit(request)).redriveId;
  }
  async function approve(redriveId: string) {
    const { hash: planHash } = await operator().redrive({ redriveId });
    await approver().decideRedrive({ redriveId, planHash, verdict: 'approved', reason: 'read it' });
  }
  async function untilEnded(redriveId: string) {
    return eventually(`redrive ${redriveId} to end`, 90_000, async () => {
      await worker.letters.index('letters', signal);
      await worker.letters.redrive('letters', signal);
      const found = await operator().redrive({ redriveId });
      return { done: found.endedAt !== null, value: found, seen: [found.status, found.counts] };
    });
  }
  const header = (message: KafkaMessage | undefined, name: string) => message?.headers?.[name]?.toString();

  it('is edited by nobody who does not see its values', async () => {
    const { place } = await park('{"amount": "many"}');
    const wanted = { ...place, value: '{"amount": 2}', ticket: '' };
    await expect(operator().previewEdit(wanted)).rejects.toThrow(/reveal them first/);
    expect((await operator().get(place)).record?.text).toBeNull();
    await expect(as(olga, ['viewer']).deadLetters.previewEdit(wanted)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await reveal(olga, ['operator']);
    expect((await operator().get(place)).record?.text).toBe('{"amount": "many"}');
  });

  it('goes out as another event that names the old one, who corrected it and why, once somebody else agrees', async () => {
    const { eventId, place } = await park('{"amount": "many"}', { traceparent: 'as it came' });
    const preview = await operator().previewEdit({ ...place, value: '{"amount": 12}', ticket: 'OPS-1' });
    expect(preview).toMatchObject({
      refusal: null,
      originalEventId: eventId,
      changes: [{ path: 'amount', before: '"many"', after: '12' }],
      reading: { outcome: 'reads', key: 'PERSON-7' },
    });
    const redriveId = await askEdit(place, '{"amount": 12}');
    expect(await approver().waiting()).toMatchObject([{ id: redriveId, isEdited: true, whyNot: null }]);
    expect(await operator().waiting()).toMatchObject([
      { id: redriveId, whyNot: expect.stringMatching(/approver/) },
    ]);
    const line = expect.objectContaining({ kind: 'approval', href: `/dead-letters/redrives/${redriveId}` });
    const overviews = [
      await as(ada, ['approver']).overview.get(),
      await as(olga, ['operator']).overview.get(),
    ] as const;
    expect(overviews[0].needsYou).toContainEqual(line);
    expect(overviews[0].waitsForOthers).not.toContainEqual(line);
    expect(overviews[1].needsYou).not.toContainEqual(line);
    expect(overviews[1].waitsForOthers).toContainEqual(line);
    const seen = await approver().edit({ redriveId });
    expect(seen).toMatchObject({
      revealedUntil: null,
      before: null,
      after: null,
      changes: [{ path: 'amount', before: 'hidden (string)', after: 'hidden (number)' }],
    });
    expect(JSON.stringify(seen)).not.toMatch(/many|12"/);
    await reveal(ada, ['approver']);
    expect(await approver().edit({ redriveId })).toMatchObject({
      after: '{"amount": 12}',
      before: '{"amount": "many"}',
    });
    await approve(redriveId);
    const ended = await untilEnded(redriveId);
    expect(ended.counts).toMatchObject({ reprocessed: 1 });
    const message = arrived.find((each) => header(each, 'redrive.id') === redriveId);
    expect(message?.value?.toString()).toBe('{"amount": 12}');
    expect(message?.key?.toString()).toBe('PERSON-7');
    expect(header(message, 'id')).toBe(seen?.eventId);
    expect(header(message, 'id')).not.toBe(eventId);
    expect(header(message, 'redrive.origin')).toBe(`${place.topic}/0/${place.offset}`);
    expect(header(message, 'redrive.originalEventId')).toBe(eventId);
    expect(header(message, 'redrive.correctedBy')).toBe(olga.personId);
    expect(header(message, 'redrive.reason')).toBe('the figure was a word');
    expect(header(message, 'redrive.ticket')).toBe('OPS-1');
    expect(header(message, 'traceparent')).toBe('as it came');
    expect(await approver().waiting()).toEqual([]);
    const told = await world.pool.query(
      `SELECT n.kind, p.name FROM notice n JOIN notice_delivery d ON d.notice_id = n.id
         JOIN person p ON p.id = d.person_id WHERE n.subject_id = $1 ORDER BY n.created_at`,
      [redriveId],
    );
    expect(told.rows).toEqual([
      { kind: 'waiting', name: 'ada' },
      { kind: 'approved', name: 'olga' },
    ]);
    const { redrives } = await operator().get(place);
    expect(redrives).toMatchObject([{ redriveId, status: 'reprocessed', editedAs: seen?.eventId }]);
    await expect(askEdit(place, '{"amount": 13}')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is failed where the new event is parked again, which is known by its own id', async () => {
    const { place } = await park('{"amount": "few"}');
    const redriveId = await askEdit(place, '{"amount": -1}');
    await approve(redriveId);
    const ended = await untilEnded(redriveId);
    expect(ended).toMatchObject({ status: 'done', counts: { failed: 1, reprocessed: 0 } });
    const { eventId } = (await operator().edit({ redriveId })) ?? {};
    const again = await operator().list({ eventId: eventId ?? '' });
    expect(again.rows).toMatchObject([{ redriveId, exception: 'still-refused' }]);
  });

  it.each([
    ['{"amount": 2', /no JSON from line 1, column 13/, 'line 1, column 13'],
    ['{"amount": "more"}', /The contract refuses it as well/, 'validate'],
    ['{"amount": "many"}', /Nothing was changed/, 'value'],
    [`{"amount": 1, "text": "${'x'.repeat(20_000)}"}`, /too large: its topic takes 20,000/, 'size'],
  ])('is refused at the preview where it can’t be right: %.20s', async (value, sentence, where) => {
    const { place } = await park('{"amount": "many"}');
    const { refusal, hash: planHash } = await operator().previewEdit({ ...place, value, ticket: '' });
    expect(refusal?.where).toBe(where);
    expect(refusal?.sentence).toMatch(sentence);
    await expect(
      operator().requestEdit({ ...place, value, ticket: '', planHash, reason: 'all the same' }),
    ).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('is refused where its value is no text, and where it is another than was looked at', async () => {
    const { place } = await park(Buffer.from([0, 0, 0, 0, 1, 0xff]));
    await expect(operator().previewEdit({ ...place, value: '{}', ticket: '' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    const other = await park('{"amount": "many"}');
    const wanted = { ...other.place, value: '{"amount": 2}', ticket: '' };
    const { hash: planHash } = await operator().previewEdit(wanted);
    await expect(
      operator().requestEdit({ ...wanted, value: '{"amount": 3}', planHash, reason: 'x' }),
    ).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is what was approved: nobody puts another value in its place', async () => {
    const { place } = await park('{"amount": "many"}');
    const redriveId = await askEdit(place, '{"amount": 4}');
    for (const forged of [
      `UPDATE redrive_edit SET value = '{"amount": 5}' WHERE redrive_id = '${redriveId}'`,
      `DELETE FROM redrive_edit WHERE redrive_id = '${redriveId}'`,
    ]) {
      await expect(world.runner.query(forged)).rejects.toThrow(/permission denied/);
      await expect(world.pool.query(forged)).rejects.toThrow();
    }
    const { rows } = await world.pool.query('SELECT value FROM redrive_edit WHERE redrive_id = $1', [
      redriveId,
    ]);
    expect(rows).toEqual([{ value: '{"amount": 4}' }]);
    const { taken } = await operator().previewRedrive({
      contractId: 'tally',
      derivedState: 'shelf',
      letters: [place],
    });
    expect(taken).toBe(1);
    await expect(
      world.runner.query(
        `INSERT INTO redrive_edit (redrive_id, event_id, ticket, salt, value)
         SELECT id, 'e', '', 's', 'v' FROM redrive ORDER BY requested_at LIMIT 1`,
      ),
    ).rejects.toThrow(/what a redrive sends is frozen/);
    await operator().cancelRedrive({ redriveId });
  });

  it('is not sent once what it holds was erased, by the event’s key as by what it names', async () => {
    const { place } = await park('{"amount": "many"}');
    const redriveId = await askEdit(place, '{"amount": 6}');
    await approve(redriveId);
    const erased = await createUnitOfWork(world.pool).run((tx) =>
      erasureStore.eraseBeside(tx, 'tally', new Set(['PERSON-7']), false),
    );
    expect(erased.deadLetters).toBeGreaterThan(0);
    const { rows } = await world.pool.query(
      'SELECT value, salt, key FROM redrive_edit WHERE redrive_id = $1',
      [redriveId],
    );
    expect(rows).toEqual([{ value: null, salt: null, key: null }]);
    const ended = await untilEnded(redriveId);
    expect(ended).toMatchObject({ status: 'stopped', counts: { waiting: 1 } });
    expect(ended.problem).toMatch(/was erased/);
    expect(await operator().edit({ redriveId })).toMatchObject({ isErased: true, after: null });
  });

  it('stands among others of a frozen set that is paged through to its last letter', async () => {
    const producer = world.kafka.producer();
    await producer.connect();
    const messages = Array.from({ length: 201 }, (_, at) => ({
      key: `K${at}`,
      value: '{"amount": 1}',
      headers: { id: randomUUID(), type: 'ItemsAdded', version: '2', cause: 'one-of-many' },
    }));
    await producer.send({ topic: `${topic}.dead`, messages });
    parked += messages.length;
    await producer.disconnect();
    await worker.letters.index('letters', signal);
    const groups = (await operator().topics()).flatMap((each) => each.groups);
    const groupId = groups.find(({ exception }) => exception === 'one-of-many')?.groupId;
    const wanted = { contractId: 'tally', derivedState: 'shelf', groupId };
    const { hash: planHash } = await operator().previewRedrive(wanted);
    const { redriveId } = await operator().requestRedrive({ ...wanted, planHash, reason: 'mended' });
    const first = await approver().lettersOf({ redriveId });
    expect([first.rows.length, first.next]).toEqual([200, 200]);
    const last = await approver().lettersOf({ redriveId, cursor: 200 });
    expect(last).toMatchObject({ rows: [{ number: 201 }], next: null });
    await operator().cancelRedrive({ redriveId });
  });

  it('is named by a replay where the state differs by what the history does not hold', async () => {
    const { place, eventId } = await park('{"amount": "many"}');
    const redriveId = await askEdit(place, '{"amount": 9}');
    await approve(redriveId);
    expect((await untilEnded(redriveId)).counts).toMatchObject({ reprocessed: 1 });
    const edit = await operator().edit({ redriveId });
    const beside = `${edit?.eventId} (to ${topic}.retry, by redrive ${redriveId})`;
    const sinceThen = async () => [
      (await operator().get(place)).beside,
      (await operator().later(place)).states,
    ];
    const own = [{ derivedState: 'shelf', eventId: edit?.eventId, target: `${topic}.retry`, redriveId }];
    const state = (standing: string) => [
      { derivedState: 'shelf', standing, sentence: expect.stringContaining(beside) },
    ];
    expect(await sinceThen()).toEqual([own, state('not-known')]);
    const producer = world.kafka.producer();
    await producer.connect();
    const of = (key: string) => ({
      ...{ key, value: '{"amount": 2}' },
      headers: { id: randomUUID(), type: 'ItemsAdded', version: '2' },
    });
    await producer.send({ topic, messages: [of('PERSON-7'), of('PERSON-8')] });
    await producer.disconnect();
    await world.pool.query(shelfTables);
    await world.pool.query(`INSERT INTO shelf VALUES ('PERSON-7', 11), ('PERSON-8', 11)`);
    await world.pool.query('INSERT INTO shelf_position VALUES (0, 2)');
    world.startWorker();
    const { replayId } = await world.launch('tally');
    expect(await world.ended(replayId)).toMatchObject({ status: 'finished' });
    const { rows } = await world.pool.query<{ key: string; sentence: string }>(
      `SELECT key, explanation ->> 'sentence' AS sentence FROM discrepancy WHERE replay_id = $1 ORDER BY key`,
      [replayId],
    );
    expect(rows.map(({ key }) => key)).toEqual(['PERSON-7', 'PERSON-8']);
    expect(rows[0]?.sentence).toContain(beside);
    expect(await sinceThen()).toEqual([own, state('differs')]);
    expect(rows[1]?.sentence).not.toContain('redrive');
    // Another letter of the event has the same said of it, though it was sent by no redrive.
    const { place: another } = await park('{"amount": "many"}', { id: eventId });
    // The worker indexes letters too by now, and may be about to.
    await expect
      .poll(() => operator().get(another).catch(String), { timeout: 20_000 })
      .toMatchObject({ beside: own, redrives: [] });
  });
});

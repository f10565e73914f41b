import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { actionContext } from '../../demo/testing/action-context.ts';
import { openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import type { EarlierCorrection } from '../application/ports/corrections.ts';
import { compose } from '../composition/compose.ts';
import { compensateAction } from '../composition/runbook-corrections.ts';
import { type ActionParams, actions } from '../domain/runbook/index.ts';
import { readSettings } from '../env.ts';

const brokers = inject('kafkaBrokers');
const named = (source: string) =>
  source
    .replace('defineContract,', 'correctionsByService, defineContract,')
    .replace(
      "  ignored: ['ItemsLookedAt'],",
      "  ignored: ['ItemsLookedAt'],\n  corrections: correctionsByService('shop'),",
    );

describe.runIf(brokers !== '')('compensating, on a real broker', () => {
  let world: ReplayWorld;
  let composed: ReturnType<typeof compose>;
  let action: ReturnType<typeof compensateAction>;
  let topic: string;
  const runId: string = randomUUID();
  /** What other attempts have published, or may have. */
  let before: EarlierCorrection[] = [];
  let answers: { status: number; body: unknown } | null = null;
  const asked: { body: Record<string, unknown>; authorization: string | undefined }[] = [];

  // A service with an outbox: each event id reaches the topic once.
  const published = new Set<string>();
  const service = createServer((request, response) => {
    void (async () => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const body = JSON.parse(text);
      asked.push({ body, authorization: request.headers.authorization });
      if (answers === null && !published.has(body.eventId)) {
        published.add(body.eventId);
        const value = { ...body.data, corrects: body.corrects };
        const { eventId: id, key, type, version } = body;
        await world.produce(topic, [{ id, key, type, version, value, partition: 0 }]);
      }
      response.writeHead(answers?.status ?? 201, { 'content-type': 'application/json', location: '/other' });
      response.end(JSON.stringify(answers?.body ?? {}));
    })();
  });

  beforeAll(async () => {
    world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: brokers });
    await new Promise<void>((done) => service.listen(0, '127.0.0.1', done));
    const { port } = service.address() as AddressInfo;
    const settings = readSettings(
      {
        ...world.env,
        REPRISE_CORRECTIONS_SHOP_URL: `http://127.0.0.1:${port}/corrections`,
        REPRISE_CORRECTIONS_SHOP_TOKEN: 'hunter2',
        REPRISE_CORRECTIONS_SHOP_PRIVATE: 'true',
      },
      process.cwd(),
    );
    composed = compose(settings, 'test', 4);
    action = compensateAction(settings, composed, async () => before);
    topic = await world.topic(2);
    await world.contract('tally', topic, named);
    await world.produce(topic, [
      { id: 'e1', key: 'apple', value: { amount: 1 }, partition: 0 },
      { id: 'e2', key: 'pear', value: { amount: 2 }, partition: 1 },
    ]);
  });
  afterAll(async () => {
    service.closeAllConnections();
    service.close();
    await composed.close();
    await world.close();
  });

  const context = (attemptId: string = randomUUID(), personId = 'rosa', boundMs = 60_000) =>
    actionContext({ attemptId, runId, personId, signal: AbortSignal.timeout(boundMs) });
  const params = (change: Readonly<Record<string, unknown>> = {}) =>
    actions.compensate.params.parse({
      contract: 'tally',
      originalEventId: 'e1',
      type: 'ItemsAdded',
      data: { amount: 4 },
      originalValue: '1',
      correctedValue: '5',
      reason: 'A case was counted as a unit.',
      ticket: 'INC-7',
      ...change,
    }) as ActionParams<'compensate'>;
  const earlier = (attemptId: string, frozen: unknown): EarlierCorrection => ({
    ...{ attemptId, frozen, runId, runTitle: 'The first run', status: 'unknown' },
    ...{ requestedBy: 'omar', requestedAt: new Date('2026-11-20T00:00:00Z') },
  });
  const frozenOf = async (about = context()) => {
    const { frozen } = await action.preview(params(), about);
    return JSON.parse(JSON.stringify(frozen)) as Record<string, unknown>;
  };
  const ends = async () => {
    const offsets = await world.admin.fetchTopicOffsets(topic);
    return offsets.map(({ offset }) => Number(offset)).reduce((sum, each) => sum + each, 0);
  };

  it('publishes exactly what was approved, once though performed twice, and tells where it stands', async () => {
    const about = context();
    const preview = await action.preview(params(), about);
    expect(preview.sentence).toMatch(/ItemsAdded of apple.*corrects ItemsAdded e1/);
    expect(preview.shown).toMatchObject([{ title: 'The event', values: true }]);
    expect(asked).toEqual([]);
    const frozen = JSON.parse(JSON.stringify(preview.frozen));
    const before = await ends();
    const first = await action.perform(params(), frozen, about);
    const again = await action.perform(params(), frozen, about);
    expect(again.outputs).toEqual(first.outputs);
    expect(first.outputs).toEqual({
      eventId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      partition: 0,
      offset: '1',
    });
    expect(await ends()).toBe(before + 1);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toEqual({
      authorization: 'Bearer hunter2',
      body: {
        eventId: first.outputs.eventId,
        type: 'ItemsAdded',
        version: 2,
        key: 'apple',
        occurredAt: expect.any(String),
        data: { amount: 4 },
        corrects: {
          eventId: 'e1',
          originalValue: '1',
          correctedValue: '5',
          reason: 'A case was counted as a unit.',
          correctedBy: 'rosa',
          ticket: 'INC-7',
        },
      },
    });
    // Another step of another run is the same event, and another correction is another one.
    const next = (await frozenOf({ ...about, runId: randomUUID(), step: 'another' })).correction;
    expect(next).toMatchObject({ eventId: first.outputs.eventId });
    const { frozen: other } = await action.preview(params({ data: { amount: 7 } }), about);
    expect(other.correction).not.toMatchObject({ eventId: first.outputs.eventId });
  });

  it('done again after nobody could tell whether it was published, is the same event, and is not sent twice', async () => {
    const lost = context();
    const data = { amount: 6 };
    const { frozen } = await action.preview(params({ data }), lost);
    const { outputs } = await action.perform(params({ data }), frozen, lost);
    expect(lost.begun()).toBe(true);
    const stood = await ends();
    const times = asked.length;
    before = [
      earlier(lost.attemptId, {
        ...frozen,
        correction: { ...Object(frozen.correction), eventId: outputs.eventId },
      }),
    ];
    // As another run has it: what the first one froze is all that it knows.
    const again = { ...context(), runId: randomUUID() };
    const seen = await action.preview(params({ data }), again);
    expect(seen.sentence).toMatch(/An earlier attempt may have published it/);
    expect(seen.frozen.correction).toEqual(frozen.correction);
    const done = await action.perform(params({ data }), JSON.parse(JSON.stringify(seen.frozen)), again);
    expect(done.outputs).toEqual(outputs);
    expect(done.sentence).toMatch(/from an earlier attempt: nothing was published/);
    expect(asked).toHaveLength(times);
    expect(await ends()).toBe(stood);
    before = [];
  });

  it('says that the event has been corrected otherwise, and does nothing where that came later', async () => {
    const [one, two] = [randomUUID(), context()];
    const { frozen: of } = await action.preview(params({ data: { amount: 8 } }), context());
    before = [earlier(one, of)];
    const seen = await action.preview(params({ data: { amount: 9 } }), two);
    expect(seen.sentence).toMatch(/corrected before, or may have been, by 1 other event/);
    expect(seen.shown[1]).toMatchObject({
      rows: [['The first run', 'omar', '2026-11-20T00:00:00.000Z', 'unknown', Object(of.correction).eventId]],
    });
    const frozen = JSON.parse(JSON.stringify(seen.frozen));
    before = [earlier(one, of), earlier(randomUUID(), of)];
    await expect(action.perform(params({ data: { amount: 9 } }), frozen, two)).rejects.toMatchObject({
      code: 'runbook-overtaken',
      message: expect.stringMatching(/corrected in the run “The first run” since this was looked at/),
    });
    expect(two.begun()).toBe(false);
    before = [];
  });

  it('publishes nothing where another correction was begun just before it', async () => {
    const about = context();
    const data = { amount: 12 };
    const { frozen: of } = await action.preview(params({ data: { amount: 13 } }), context());
    const { frozen } = await action.preview(params({ data }), about);
    const times = asked.length;
    const changing = async () => {
      await about.changing();
      before = [earlier(randomUUID(), of)];
    };
    await expect(action.perform(params({ data }), frozen, { ...about, changing })).rejects.toMatchObject({
      code: 'runbook-refused',
      message: expect.stringMatching(/corrected in the run “The first run” since this was looked at/),
    });
    expect(asked).toHaveLength(times);
    expect(about.begun()).toBe(false);
    before = [];
  });

  it('refuses to correct back by an event that stands already, and says which one to correct', async () => {
    const preview = (amount: number) => action.preview(params({ data: { amount } }), context());
    const [first, second] = [randomUUID(), randomUUID()];
    const { frozen: four } = await preview(14);
    before = [{ ...earlier(first, four), status: 'succeeded' }];
    const { frozen: nine } = await preview(15);
    const eventOf = (frozen: Readonly<Record<string, unknown>>) => Object(frozen.correction).eventId;
    // The first alone: the same once more.
    expect((await preview(14)).sentence).toMatch(/An earlier attempt may have published it/);
    before = [...before, { ...earlier(second, nine), status: 'succeeded' }];
    await expect(preview(14)).rejects.toMatchObject({
      code: 'runbook-refused',
      message: expect.stringContaining(
        `${eventOf(four)} stands in the history already, and ${eventOf(nine)} has corrected e1 otherwise since, or may have`,
      ),
    });
    expect((await preview(15)).sentence).toMatch(/An earlier attempt may have published it/);
    expect((await preview(16)).sentence).toMatch(/by 2 other events/);
    before = [];
  });

  it('reads the one record where it is said where it stands, and nothing else', async () => {
    const at = (partition: number, offset: string) =>
      action.preview(params({ partition, offset, data: { amount: 10 } }), context());
    expect((await at(0, '0')).sentence).toMatch(/corrects ItemsAdded e1 \(partition 0, offset 0\)/);
    for (const [partition, offset] of [
      [1, '0'],
      [0, '1'],
      [0, '4000'],
      [7, '0'],
    ] as const)
      await expect(at(partition, offset)).rejects.toMatchObject({
        code: 'runbook-refused',
        message: expect.stringMatching(/e1 does not stand at offset \d+ of partition \d/),
      });
    await expect(action.preview(params({ partition: 0 }), context())).rejects.toMatchObject({
      code: 'input-invalid',
    });
  });

  it('refuses in the preview what fits no schema, corrects nothing that is there, or is of no known type', async () => {
    const refused: readonly [Readonly<Record<string, unknown>>, RegExp][] = [
      [{ data: { amount: 'four' } }, /is no ItemsAdded of version 2: amount/],
      [{ data: { n: 4 } }, /version 2/],
      [{ originalEventId: 'e9' }, /no event e9 in the history of tally: all \d+ offsets were read/],
      [{ type: 'Nothing' }, /no event type Nothing: it has ItemsAdded, ItemsRemoved/],
      [{ type: 'toString' }, /no event type toString/],
    ];
    for (const [change, sentence] of refused)
      await expect(action.preview(params(change), context())).rejects.toMatchObject({
        code: 'runbook-refused',
        message: expect.stringMatching(sentence),
      });
  });

  it('does nothing where somebody else asks for it, or the service refuses or points elsewhere', async () => {
    const about = context();
    const frozen = await frozenOf(about);
    const before = await ends();
    await expect(action.perform(params(), frozen, context(about.attemptId, 'otto'))).rejects.toMatchObject({
      code: 'runbook-overtaken',
    });
    expect(about.begun()).toBe(false);
    answers = { status: 422, body: { problem: 'stock is not corrected so' } };
    await expect(action.perform(params(), frozen, about)).rejects.toMatchObject({
      code: 'runbook-refused',
      message: expect.stringMatching(/refused the event with 422: stock is not corrected so/),
    });
    answers = { status: 307, body: {} };
    await expect(action.perform(params(), frozen, about)).rejects.toMatchObject({
      code: 'runbook-refused',
      message: expect.stringMatching(/redirects are not followed/),
    });
    expect(await ends()).toBe(before);
    expect(about.begun()).toBe(false);
    answers = null;
  });

  it('is not known to have failed where the service took it and the history does not deliver it', async () => {
    const about = context(randomUUID(), 'rosa', 3_000);
    const data = { amount: 11 };
    const { frozen } = await action.preview(params({ data }), about);
    answers = { status: 202, body: {} };
    const failed = await action.perform(params({ data }), frozen, about).catch((error: unknown) => error);
    answers = null;
    expect(about.begun()).toBe(true);
    expect(failed).toMatchObject({ name: 'Error', message: expect.stringMatching(/had not delivered it/) });
  });

  it('refuses where the contract names nobody, or whom it names has no address', async () => {
    await world.contract('tally', topic, (source) =>
      named(source).replace("Service('shop')", "Service('bank')"),
    );
    await expect(action.preview(params(), context())).rejects.toMatchObject({
      code: 'runbook-refused',
      message: expect.stringMatching(/set REPRISE_CORRECTIONS_BANK_URL/),
    });
    await world.contract('tally', topic);
    await expect(action.preview(params(), context())).rejects.toMatchObject({
      code: 'runbook-refused',
      message: expect.stringMatching(/names no place where corrections are published/),
    });
  });
});

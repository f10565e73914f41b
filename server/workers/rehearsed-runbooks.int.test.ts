import { randomUUID } from 'node:crypto';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Someone, signIn } from '../../demo/testing/promotions.ts';
import { eventually, openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import { correctionsToken, openShop, type RunningShop } from '../../demo/testing/running-shop.ts';
import { callerOver } from '../api/test-kit.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { readSettings } from '../env.ts';

const brokers = inject('kafkaBrokers');
const skus = Array.from({ length: 24 }, (_, at) => `SKU-${String(at).padStart(2, '0')}`);

/**
 * The files as they come with Reprise, from their first step to their last by the calls of their page: an operator, an
 * approver, a real worker, the demo's own service and projectors, the real database and broker.
 */
describe.runIf(brokers !== '')('a runbook that is carried to its end', () => {
  let world: ReplayWorld;
  let shop: RunningShop;
  let dashboard: ReturnType<typeof composeDashboard>;
  let archives: string;
  let olga: Someone;
  let ada: Someone;

  beforeAll(async () => {
    archives = await mkdtemp(join(tmpdir(), 'reprise-archives-'));
    world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: brokers });
    shop = await openShop(world, brokers);
    await world.contractFile('contracts/inventory.ts', (source) =>
      source
        .replace("{ topic: 'inventory.events' }", "{ topic: 'inventory.events', archive: 'stock' }")
        .replaceAll('inventory.events', shop.topic)
        .replace('-projector`', `-projector${shop.groupSuffix}\``),
    );
    const own = {
      REPRISE_ARCHIVE_DIR: archives,
      REPRISE_CORRECTIONS_SHOP_URL: shop.correctionsUrl,
      REPRISE_CORRECTIONS_SHOP_TOKEN: correctionsToken,
      REPRISE_CORRECTIONS_SHOP_PRIVATE: 'true',
    };
    dashboard = composeDashboard(readSettings({ ...world.env, ...own }, process.cwd()), 'test');
    olga = await signIn(world.pool, 'olga', ['operator']);
    ada = await signIn(world.pool, 'ada', ['approver']);
    world.startWorker(1, own);
    await shop.record(
      skus.flatMap((sku) => [
        fact(sku, { type: 'StockReceived', version: 2, data: { quantity: 100, supplier: 'Alder' } }),
        fact(sku, { type: 'StockCounted', version: 1, data: { counted: 98 } }),
      ]),
    );
    await untilAll(98);
  });
  afterAll(async () => {
    await shop.close();
    await dashboard.close();
    await world.close();
    await rm(archives, { recursive: true, force: true });
  });

  const fact = (sku: string, event: object) =>
    ({
      ...event,
      ...{ eventId: randomUUID(), sku, occurredAt: new Date().toISOString() },
    }) as Parameters<RunningShop['record']>[0][number];
  /** Waits until every derived state holds this of every SKU, but of some another figure. */
  const untilAll = (quantity: number, but: Readonly<Record<string, number>> = {}) =>
    eventually(`every state to hold ${quantity}`, 60_000, async () => {
      const held = await shop.quantities();
      const done = Object.values(held).every((state) =>
        skus.every((sku) => state[sku] === (but[sku] ?? quantity)),
      );
      return { done, value: held, seen: held };
    });

  const operator = () =>
    callerOver(dashboard, { id: olga.personId, roles: ['operator'], sessionId: olga.sessionId });
  const approver = () =>
    callerOver(dashboard, { id: ada.personId, roles: ['approver'], sessionId: ada.sessionId });
  const viewOf = (runId: string) => operator().runs.get({ runId });
  type View = Awaited<ReturnType<typeof viewOf>>;
  const stepOf = ({ steps }: View, id: string) => {
    const step = steps.find((each) => each.id === id);
    if (step === undefined) throw new Error(`there is no step ${id}`);
    return step;
  };

  /** Does the current step until none is left. `before` is what a person does, or waits for, at a step. */
  async function carried(
    runbookId: string,
    parameters: Readonly<Record<string, string>>,
    before: Readonly<Record<string, (view: View) => Promise<unknown>>> = {},
  ): Promise<View> {
    const [proposed] = await operator().runs.propose({ incidentId: null, runbookId });
    if (proposed === undefined) throw new Error(`${runbookId} is not proposed`);
    const values = Object.fromEntries(
      proposed.parameters.flatMap(({ name, value }) => (value === null ? [] : [[name, String(value)]])),
    );
    const { runId } = await operator().runs.start({
      ...{ runbookId, digest: proposed.digest, incidentId: null },
      parameters: { ...values, ...parameters },
    });
    for (;;) {
      const view = await viewOf(runId);
      const step = view.steps.find(({ id }) => id === view.current);
      if (step === undefined) break;
      const seen = { runId, version: view.version };
      const open = step.attempts.find(({ endedAt }) => endedAt === null);
      if (open !== undefined) {
        await ended(runId, step.id, open.id);
        continue;
      }
      await before[step.id]?.(view);
      if (step.action === null) {
        await operator().runs.tick({ ...seen, step: step.id, note: 'done by a test' });
        continue;
      }
      const { previewId } = await operator().runs.preview({ ...seen, step: step.id });
      await operator().runs.do({ runId, version: (await viewOf(runId)).version, previewId });
      const { status, sentence } = await ended(runId, step.id, previewId);
      if (status !== 'succeeded') throw new Error(`${step.id} ended as ${status}: ${sentence}`);
    }
    await operator().runs.end({ runId, version: (await viewOf(runId)).version });
    return viewOf(runId);
  }

  async function ended(runId: string, step: string, attemptId: string) {
    const deadline = Date.now() + 90_000;
    while (Date.now() < deadline) {
      const attempt = stepOf(await viewOf(runId), step).attempts.find(({ id }) => id === attemptId);
      if (attempt === undefined) throw new Error(`${step}: there is no such attempt`);
      if (attempt.endedAt !== null) return attempt;
      if (attempt.status === 'awaiting-approval') {
        const decision = { attemptId, planHash: attempt.planHash, reason: 'read it' };
        await expect(operator().runs.approve(decision)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await approver().runs.approve(decision);
      }
      for (const { id } of await operator().promotions.waiting()) {
        const { planHash, contractId } = await operator().promotions.get({ promotionId: id });
        await approver().states.reveal({ contractId, reason: 'to decide about them' });
        const decision = { promotionId: id, planHash, verdict: 'approved', reason: 'read it' } as const;
        await approver().promotions.decide(decision);
      }
      await sleep(300);
    }
    throw new Error(`${step} did not end`);
  }

  it('correct-a-fact: the correction is approved by somebody else, published, and every state has it', async () => {
    const [sku = ''] = skus;
    const { rows } = await world.pool.query<{ id: string }>(
      `SELECT event_id::text AS id FROM stock_movements WHERE sku = $1 AND fact = 'StockCounted'`,
      [sku],
    );
    const eventId = rows[0]?.id ?? '';
    const view = await carried(
      'correct-a-fact',
      {
        ...{ key: sku, eventId, change: '-9', originalValue: '98 units', correctedValue: '89 units' },
        ...{ reason: 'Two shelves were counted twice.', ticket: 'INC-7' },
      },
      { replay: () => untilAll(98, { [sku]: 89 }) },
    );
    expect(view.status).toBe('done');
    expect(stepOf(view, 'history').symptom?.shown).toBe(true);
    const correction = stepOf(view, 'compensate').attempts.at(-1);
    expect(correction).toMatchObject({ status: 'succeeded', outputs: { eventId: expect.any(String) } });
    const published = await world.pool.query(`SELECT event_type, payload FROM outbox WHERE event_id = $1`, [
      correction?.outputs.eventId,
    ]);
    expect(published.rows).toEqual([
      {
        event_type: 'StockAdjusted',
        payload: {
          change: -9,
          reason: 'Two shelves were counted twice.',
          corrects: expect.objectContaining({ eventId, correctedBy: olga.personId, ticket: 'INC-7' }),
        },
      },
    ]);
    expect(stepOf(view, 'replay').attempts.at(-1)?.outputs).toMatchObject({
      ...{ confidence: 'trusted', agreement: 'equal', differing: 0 },
    });
    expect(stepOf(view, 'a-state-differs-from-history').state).toBe('out');
    expect(stepOf(view, 'verify').attempts.at(-1)?.outputs).toMatchObject({ verified: true });
  });

  it('restore-from-archive: brought back, it proves the state, and what is missing is promoted', async () => {
    await dashboard.archive('inventory', olga.personId, new AbortController().signal);
    const right = await shop.quantities();
    const [home, away] = [join(archives, 'stock'), join(archives, 'away')];
    await rename(home, away);
    for (const { partition, high } of await world.admin.fetchTopicOffsets(shop.topic))
      await world.truncate(shop.topic, partition, String(Math.min(Number(high), 2)));
    await world.pool.query(`DELETE FROM warehouse_state WHERE sku <= 'SKU-11'`);
    const facts = await world.pool.query<{ count: string }>('SELECT count(*)::text FROM stock_movements');
    const view = await carried(
      'restore-from-archive',
      { key: skus[0] ?? '' },
      { 'bring-back-the-archives-files': () => rename(away, home) },
    );
    expect(view.status).toBe('done');
    expect(stepOf(view, 'first')).toMatchObject({ state: 'done', symptom: { shown: true } });
    expect(stepOf(view, 'ready').attempts[0]?.outputs).toMatchObject({ ready: false });
    expect(stepOf(view, 'one').attempts.at(-1)?.outputs).toMatchObject({ confidence: 'trusted' });
    expect(stepOf(view, 'replay').attempts.at(-1)?.outputs).toMatchObject({
      ...{ confidence: 'trusted', agreement: 'different', events: facts.rows[0]?.count, differing: 12 },
    });
    expect(stepOf(view, 'the-replay-is-not-trusted-do-not-correct-by-it').state).toBe('out');
    expect(stepOf(view, 'promote').attempts.at(-1)?.outputs).toMatchObject({ written: 12 });
    expect(stepOf(view, 'verify').attempts.at(-1)?.outputs).toMatchObject({ verified: true });
    expect(await shop.quantities()).toEqual(right);
  });
});

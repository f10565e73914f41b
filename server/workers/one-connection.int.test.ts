import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import { askFor, promotionOf, promotionTables, type Someone, signIn } from '../../demo/testing/promotions.ts';
import { openRedriveWorld, type RedriveWorld } from '../../demo/testing/redrive-world.ts';
import type { ReplayWorld, Tally } from '../../demo/testing/replay-world.ts';

/**
 * Of a pool with one connection, whatever asks for a second one in a transaction waits for itself. Of a larger one, as
 * many as it has connections wait for each other: one request of a page is enough for that.
 */
describe.runIf(inject('kafkaBrokers') !== '')('a dashboard with a single connection', () => {
  let letters: RedriveWorld;
  let world: ReplayWorld;
  let olga: Someone;
  let ada: Someone;
  const desk = () => letters.dashboard.desk('test').commands;

  beforeAll(async () => {
    letters = await openRedriveWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
      connections: 1,
    });
    ({ world } = letters);
    olga = await signIn(world.pool, 'olga', ['operator']);
    ada = await signIn(world.pool, 'ada', ['approver']);
    await world.pool.query(`${shelfTables};${promotionTables}`);
    const events = Array.from(
      { length: 4 },
      (_, i): Tally => ({ id: randomUUID(), key: `K${i % 2}`, value: { amount: 1 } }),
    );
    await world.produce(letters.topic, events);
    await projectShelf(world.pool, events, await world.admin.fetchTopicOffsets(letters.topic));
    await world.pool.query('UPDATE shelf SET total = 7');
  });
  afterAll(() => letters?.close());

  it('shows hidden values', async () => {
    const reveals = Array.from({ length: 10 }, () =>
      desk().revealValues({ contractId: 'tally', reason: 'a customer asks', actor: olga.personId }),
    );
    expect(await Promise.all(reveals)).toHaveLength(10);
  });

  it('asks for a redrive, and decides about it', async () => {
    const redriveId = await letters.ask(await letters.park('refused', [1]));
    await letters.approve(redriveId);
    expect((await letters.operator().redrive({ redriveId })).status).toBe('queued');
  });

  it('decides about a promotion, and breaks its glass', async () => {
    const worker = world.startWorker();
    const { replayId } = await world.launch('tally');
    expect(await world.ended(replayId)).toMatchObject({ status: 'finished' });
    await worker.kill();
    const { promotionId } = await askFor(world, replayId, olga, ['K0']);
    const { plan_hash: planHash } = await promotionOf(world.pool, promotionId);
    const why = { planHash, reason: 'read it' };
    await expect(
      desk().decidePromotion({ promotionId, verdict: 'approved', ...why, ...ada }),
    ).rejects.toThrow(/reveal them, read them/);
    expect(
      await desk().breakGlass({ subjectKind: 'promotion', subjectId: promotionId, ...why, ...olga }),
    ).toMatchObject({ state: 'waits-for-a-second' });
    expect(await desk().decidePromotion({ promotionId, verdict: 'rejected', ...why, ...ada })).toMatchObject({
      status: 'refused',
    });
  });

  it('decides about a replay, by the newest version of its contract', async () => {
    const release = (title: string) =>
      world.contract('tally', letters.topic, (source) =>
        source.replace("'Tally of items',", `'${title}',\n  approvals: { replay: 1 },`),
      );
    await release('Tally one');
    const decide = async (verdict: 'approved' | 'rejected') => {
      const { replayId, planHash } = await world.launch('tally');
      await release(`Tally ${verdict}`);
      return desk().decide({ replayId, planHash: planHash ?? '', verdict, reason: 'read it', ...ada });
    };
    expect(await decide('approved')).toMatchObject({ status: 'queued' });
    expect(await decide('rejected')).toMatchObject({ status: 'refused' });
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import {
  approve,
  askFor,
  promotionEnded,
  promotionTables,
  type Someone,
  signIn,
} from '../../demo/testing/promotions.ts';
import { openReplayWorld, type ReplayWorld, type Tally } from '../../demo/testing/replay-world.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('a promotion of keys that stand in two partitions', () => {
  let world: ReplayWorld;
  let olga: Someone;
  let ada: Someone;
  beforeAll(async () => {
    world = await openReplayWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    await world.pool.query(`${shelfTables};${promotionTables}`);
    world.startWorker();
    olga = await signIn(world.pool, 'olga', ['operator']);
    ada = await signIn(world.pool, 'ada', ['approver']);
  });
  afterAll(() => world?.close());

  const one = (partition: number): Tally => ({
    id: randomUUID(),
    key: 'K0',
    value: { amount: 1 },
    partition,
  });
  const ends = (topic: string) => world.admin.fetchTopicOffsets(topic);
  const total = async () =>
    (await world.pool.query<{ total: number }>('SELECT total FROM shelf')).rows.map((row) => row.total);
  async function trusted(request: Parameters<ReplayWorld['launch']>[1] = {}): Promise<string> {
    const { replayId } = await world.launch('tally', request);
    expect(await world.ended(replayId)).toMatchObject({ status: 'finished', confidence: 'trusted' });
    return replayId;
  }

  it('is refused of a replay that has read only one of them: its shelf is right, and the replay can not know', async () => {
    const topic = await world.topic(2);
    const events = [one(0), one(0), one(1)];
    await world.produce(topic, events);
    await projectShelf(world.pool, events, await ends(topic));
    const replayId = await trusted({ scope: { kind: 'partitions', partitions: [0] } });
    await expect(askFor(world, replayId, olga)).rejects.toMatchObject({
      code: 'promotion-conflict',
      message: expect.stringContaining('has read 1 of 2 partitions'),
    });
    expect(await total()).toEqual([3]);
  });

  it('is refused where a key has turned up in the other one since the replay', async () => {
    const topic = await world.topic(2);
    const events = [one(0), one(0)];
    await world.produce(topic, events);
    await projectShelf(world.pool, events, await ends(topic));
    await world.pool.query('UPDATE shelf SET total = 9');
    const replayId = await trusted();
    const { promotionId } = await askFor(world, replayId, olga);
    await world.produce(topic, [one(1)]);
    await world.pool.query(`
      UPDATE shelf SET total = total + 1;
      UPDATE shelf_position SET next_offset = 1 WHERE partition = 1`);
    await approve(world, promotionId, ada);
    expect(await promotionEnded(world.pool, promotionId)).toMatchObject({
      status: 'refused',
      failure_code: 'promotion-overtaken',
      failure: expect.stringContaining('could not be relied on'),
    });
    expect(await total()).toEqual([10]);
  });
});

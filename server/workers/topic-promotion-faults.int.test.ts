import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  approve,
  askFor,
  promotionLeaseRunsOut,
  promotionOf,
  type Someone,
  signIn,
  startPromotionWorker,
} from '../../demo/testing/promotions.ts';
import { eventually, openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import { startTopicProjector } from '../../demo/testing/topic-projector.ts';
import { openTopicShelf, rowOf, type TopicShelf, tallies } from '../../demo/testing/topic-shelf.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('a promotion into a topic that is disturbed', () => {
  const processes: ChildProcess[] = [];
  let world: ReplayWorld;
  let olga: Someone;
  let ada: Someone;
  let shelf: TopicShelf;
  let replayId: string;
  let taken = 0;
  let key: string;

  beforeAll(async () => {
    world = await openReplayWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    olga = await signIn(world.pool, 'olga', ['operator']);
    ada = await signIn(world.pool, 'ada', ['approver']);
    // Of every key history says 10, and the shelf holds 7. Then nobody is there to carry anything out.
    shelf = await openTopicShelf(world, tallies(200, 20), 1);
    await shelf.write(Array.from({ length: 20 }, (_, i) => ({ key: `K${i}`, value: rowOf(`K${i}`, 7) })));
    const worker = world.startWorker();
    ({ replayId } = await world.launch('tally-topic'));
    expect(await world.ended(replayId)).toMatchObject({ status: 'finished', confidence: 'trusted' });
    await worker.stop();
  });
  afterAll(async () => {
    for (const each of processes) each.kill('SIGKILL');
    await world?.close();
  });

  /** A promotion of a key that no test before had. */
  async function approved(): Promise<string> {
    taken += 1;
    key = `K${taken}`;
    const { promotionId } = await askFor(world, replayId, olga, [key]);
    await approve(world, promotionId, ada);
    return promotionId;
  }

  function work(promotionId: string, point = 'none', signal: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL') {
    const worker = startPromotionWorker(world, promotionId, point, signal);
    processes.push(worker.child);
    return worker;
  }

  /** One worker after the other, as the reaper would send them, until it has ended. */
  async function workUntilEnded(promotionId: string, boundMs = 60_000): Promise<void> {
    for (const end = performance.now() + boundMs; ; ) {
      await promotionLeaseRunsOut(world.pool, promotionId);
      await work(promotionId).exited;
      if ((await promotionOf(world.pool, promotionId)).status !== 'running') return;
      if (performance.now() > end) throw new Error(`promotion ${promotionId} does not end`);
    }
  }

  const total = async () => (await shelf.totals())[key];
  /** What a projector goes on to do: it takes its id, and writes the next row of the key. */
  const oneMore = (now: number) => shelf.write([{ key, value: rowOf(key, now) }]);

  async function expectOnce(promotionId: string): Promise<void> {
    expect(await promotionOf(world.pool, promotionId)).toMatchObject({
      status: 'promoted',
      outcome: { written: 1, alreadyRight: 0, changed: 0 },
    });
    const { rows } = await world.pool.query(
      `SELECT before ->> 'total' AS before, after ->> 'total' AS after FROM promotion_change WHERE promotion_id = $1`,
      [promotionId],
    );
    expect(rows).toEqual([{ before: '7', after: '10' }]);
  }

  it.each(['decided', 'written', 'committed'] as const)(
    'by a kill -9 when it is %s is done once, and told as it was',
    async (point) => {
      const promotionId = await approved();
      const first = work(promotionId, point);
      await first.exited;
      expect(first.points.at(-1)).toBe(point);
      const wasWritten = point === 'committed';
      // A commit is answered before its marker stands, and before that nobody is given what it wrote.
      await expect.poll(total, { timeout: 20_000 }).toBe(wasWritten ? 10 : 7);
      // What happens between the two workers is not undone by the second.
      if (wasWritten) await oneMore(15);
      await workUntilEnded(promotionId);
      expect(await total()).toBe(wasWritten ? 15 : 10);
      await expectOnce(promotionId);
    },
  );

  it.each(['fenced', 'decided'] as const)(
    'by its worker standing still when it is %s, past its lease, is done by the next one; the first then writes nothing',
    async (point) => {
      const promotionId = await approved();
      const stale = work(promotionId, point, 'SIGSTOP');
      await stale.reached(point);
      await workUntilEnded(promotionId);
      await expectOnce(promotionId);
      await oneMore(15);
      stale.child.kill('SIGCONT');
      await stale.exited;
      expect(await total()).toBe(15);
      await expectOnce(promotionId);
    },
  );

  it('by a projector that is started when it is decided writes nothing, and is tried again', async () => {
    const promotionId = await approved();
    const worker = work(promotionId, 'decided', 'SIGSTOP');
    await worker.reached('decided');
    // Takes its id, and writes: it is not in its group yet.
    await oneMore(12);
    worker.child.kill('SIGCONT');
    await worker.exited;
    expect(await promotionOf(world.pool, promotionId)).toMatchObject({
      status: 'running',
      problem: expect.stringContaining(`took the transactional id ${shelf.transactionalId}`),
    });
    expect(await total()).toBe(12);
    await oneMore(7);
    await workUntilEnded(promotionId);
    expect(await total()).toBe(10);
    await expectOnce(promotionId);
  });

  it('by a projector that runs waits for it to be stopped, and is not recorded as unknown: its target does answer', async () => {
    const promotionId = await approved();
    await work(promotionId, 'decided').exited;
    const projector = await startTopicProjector(world.kafka, shelf);
    try {
      await eventually('the projector to be in its group', 30_000, async () => {
        const { groups } = await world.admin.describeGroups([shelf.group]);
        const seen = groups[0]?.members.length ?? 0;
        return { done: seen === 1, value: null, seen };
      });
      // Until now it could not be asked, as of a broker that was away.
      await world.pool.query(
        `UPDATE promotion SET problem = 'it was away', problem_since = now() - interval '2 hours' WHERE id = $1`,
        [promotionId],
      );
      await promotionLeaseRunsOut(world.pool, promotionId);
      await work(promotionId).exited;
      expect(await promotionOf(world.pool, promotionId)).toMatchObject({
        status: 'running',
        problem: expect.stringContaining('its projector runs'),
      });
      await expect(
        world.commands.recordUnknown({ promotionId, reason: 'it does not go on', ...ada }),
      ).rejects.toThrow(/Its target can be asked/);
      await expect(
        world.pool.query(
          `UPDATE promotion SET status = 'failed', failure_code = 'promotion-unknown' WHERE id = $1`,
          [promotionId],
        ),
      ).rejects.toThrow(/can still be found out/);
    } finally {
      await projector.stop();
    }
    await workUntilEnded(promotionId);
    expect(await total()).toBe(10);
    await expectOnce(promotionId);
  });
});

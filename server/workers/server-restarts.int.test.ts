import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type RunningKafka, startKafka } from '../../demo/infra/kafka.ts';
import { type RunningPostgres, startPostgres } from '../../demo/infra/postgres.ts';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import {
  eventually,
  openReplayWorld,
  type ReplayWorld,
  type Tally,
} from '../../demo/testing/replay-world.ts';

/** Servers of its own, since they are killed. Where no broker can be had, the run has said so. */
describe.runIf(inject('kafkaBrokers') !== '')('a replay whose servers are killed under it', () => {
  const stateDir = resolve('.reprise/test', `restarts-${randomUUID().slice(0, 8)}`);
  const log = () => undefined;
  const startBroker = () => startKafka({ stateDir: `${stateDir}/kafka`, log, port: 60_292, heapMb: 320 });
  const startDatabase = () =>
    startPostgres({ stateDir: `${stateDir}/postgres`, log, port: 56_532, settings: { fsync: 'off' } });
  let kafka: RunningKafka;
  let postgres: RunningPostgres;
  let world: ReplayWorld;

  beforeAll(async () => {
    [kafka, postgres] = await Promise.all([startBroker(), startDatabase()]);
    world = await openReplayWorld({ databaseUrl: postgres.urlFor('postgres'), kafkaBrokers: kafka.brokers });
    await world.pool.query(shelfTables);
  });
  afterAll(async () => {
    await world.close().catch(() => undefined);
    await Promise.all([kafka.stop(), postgres.stop()]);
    await rm(stateDir, { recursive: true, force: true });
  });

  it('goes on by itself when they are back, with the result of an undisturbed one', async () => {
    const events: Tally[] = Array.from({ length: 4000 }, (_, i) => ({
      id: i % 40 === 39 ? `e${i - 30}` : `e${i}`,
      key: `item-${(i % 40 === 39 ? i - 30 : i) % 200}`,
      value: { amount: ((i % 40 === 39 ? i - 30 : i) % 7) + 1 },
    }));
    const topic = await world.topic(3);
    await world.produce(topic, events);
    await projectShelf(world.pool, events, await world.admin.fetchTopicOffsets(topic));
    const worker = world.startWorker(2);
    const first = await world.launch('tally');
    const undisturbed = await world.ended(first.replayId);
    expect(undisturbed).toMatchObject({ status: 'finished', confidence: 'trusted', agreement: 'equal' });

    // Slow enough to be far from its end at both kills, on a busy machine too.
    const { replayId } = await world.launch('tally', { rateLimit: 100 });
    const progress = (wanted: number) =>
      eventually(`${wanted} offsets to be folded`, 60_000, async () => {
        const { rows } = await world.pool.query<{ read: number }>(
          'SELECT coalesce(sum(cursor), 0)::int AS read FROM replay_partition WHERE replay_id = $1',
          [replayId],
        );
        const read = rows[0]?.read ?? 0;
        return { done: read >= wanted, value: read, seen: read };
      });
    const before = await progress(100);
    process.kill(kafka.pid, 'SIGKILL');
    await kafka.exited;
    await sleep(2_000);
    kafka = await startBroker();
    const between = await progress(before + 200);
    process.kill(postgres.pid, 'SIGKILL');
    await postgres.exited;
    await sleep(3_000);
    postgres = await startDatabase();
    await progress(between + 1);
    await world.commands.setRateLimit(replayId, null, 'operator').catch(() => undefined);
    const disturbed = await world.ended(replayId);
    expect(disturbed).toEqual({ ...undisturbed, evidence_id: expect.any(String) });
    expect(worker.running).toBe(true);
  });
});

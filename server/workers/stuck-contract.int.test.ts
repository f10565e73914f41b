import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import {
  eventually,
  openReplayWorld,
  type ReplayWorld,
  type Tally,
  type WorkerProcess,
} from '../../demo/testing/replay-world.ts';
import { workerSource } from './arguments.ts';

const boundMs = 2_000;
let world: ReplayWorld;
let worker: WorkerProcess;

beforeAll(async () => {
  world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: inject('kafkaBrokers') });
  await world.pool.query(shelfTables);
  worker = world.startWorker(1, { REPRISE_STUCK_SECONDS: String(boundMs / 1000) }, workerSource);
});
afterAll(() => world.close());

const added = (count: number): Tally[] =>
  Array.from({ length: count }, (_, i) => ({ id: `e${i}`, key: `item-${i % 20}`, value: { amount: 1 } }));
const removed: Tally = { id: 'r', key: 'item-3', type: 'ItemsRemoved', version: 1, value: { amount: 1 } };

/** A contract of its own, since two are replayed side by side here. */
async function contractOf(id: string, topic: string, edit: (source: string) => string) {
  await world.contract('tally', topic, (source) => edit(source).replace("id: 'tally'", `id: '${id}'`));
}

async function evidenceOf(replayId: string) {
  const { rows } = await world.pool.query<{ text: string }>(
    `SELECT convert_from(statement, 'UTF8') AS text FROM evidence_record WHERE replay_id = $1`,
    [replayId],
  );
  return JSON.parse(rows[0]?.text ?? '{}').predicate;
}

describe("a contract's code that never answers", () => {
  it('ends its replay with the event that it stands at, and the worker goes on with others', async () => {
    const topic = await world.topic(2);
    await world.producerFor(topic, 2);
    const spread = added(3_000).map((event, i) => ({ ...event, partition: i % 2 }));
    await world.produce(topic, [...spread, { ...removed, partition: 1 }, ...spread.slice(0, 10)]);
    await contractOf('stuck', topic, (source) =>
      source.replace("case 'ItemsRemoved':", "case 'ItemsRemoved':\n          for (;;);"),
    );
    const stuck = await world.launch('stuck');
    await world.until(stuck.replayId, ['folding']);
    const good = await world.topic(1);
    await world.produce(good, added(100));
    await projectShelf(world.pool, added(100), await world.admin.fetchTopicOffsets(good));
    const other = await world.launch('tally');

    const row = await world.ended(stuck.replayId, 60_000);
    expect(row).toMatchObject({ status: 'failed', failure_code: 'projection-stuck', confidence: null });
    expect(row.failure).toMatch(
      /did not answer for 2 s: projection\.apply of ItemsRemoved, at offset 1500 of partition 1\./,
    );
    expect(await evidenceOf(stuck.replayId)).toMatchObject({
      status: 'failed',
      failure: { code: 'projection-stuck' },
    });
    expect(await world.ended(other.replayId)).toMatchObject({ status: 'finished', agreement: 'equal' });
    expect(worker.running).toBe(true);
  });

  it.each([
    [
      'a schema',
      (source: string) =>
        source.replace(
          'z.object({ amount: z.number().int() }),\n      (v1)',
          'z.object({ amount: z.number().int().superRefine((n) => { while (n === 7); }) }),\n      (v1)',
        ),
      /events\.ItemsAdded, the schema of version 2, at offset 5 of partition 0\./,
    ],
    [
      'an upcaster',
      (source: string) =>
        source.replace('({ amount: v1.n })', '{ while (v1.n === 8); return { amount: v1.n }; }'),
      /events\.ItemsAdded, the upcaster from version 1, at offset 6 of partition 0\./,
    ],
    [
      'an expected value',
      (source: string) =>
        source.replace('(item) => item.total', '(item) => { while (item.total > 5); return 1; }'),
      /derivedStates\.shelf\.fields\.total\.expected, while the replay was comparing\./,
    ],
    [
      'an invariant',
      (source: string) =>
        source.replace('(item) => item.changes > 0', '(item) => { while (item.total > 5); return true; }'),
      /invariants\.changes_are_counted\.holds, while the replay was checking\./,
    ],
  ])('is named where it is %s', async (_, edit, sentence) => {
    const topic = await world.topic(1);
    await world.produce(topic, [
      ...added(5),
      { id: 'seven', key: 'item-1', value: { amount: 7 } },
      { id: 'eight', key: 'item-1', version: 1, value: { n: 8 } },
    ]);
    await projectShelf(world.pool, [], await world.admin.fetchTopicOffsets(topic));
    await world.contract('tally', topic, edit);
    const { replayId } = await world.launch('tally');
    const row = await world.ended(replayId, 60_000);
    expect(row).toMatchObject({ status: 'failed', failure_code: 'projection-stuck' });
    expect(row.failure).toMatch(sentence);
  });
});

describe('a replay that only waits', () => {
  it('is left alone while it is paused, held back by its rate, or waits for the database', async () => {
    const topic = await world.topic(1);
    const events = added(40);
    await world.produce(topic, events);
    await projectShelf(world.pool, events, await world.admin.fetchTopicOffsets(topic));
    const { replayId } = await world.launch('tally', { rateLimit: 2 });
    await world.until(replayId, ['folding']);
    await sleep(2 * boundMs);
    await world.commands.pause(replayId, 'operator');
    await world.until(replayId, ['paused']);
    await sleep(2 * boundMs);
    await world.commands.setRateLimit(replayId, null, 'operator');
    const held = await world.pool.connect();
    await held.query('BEGIN; LOCK TABLE shadow_state IN ACCESS EXCLUSIVE MODE');
    await world.commands.resume(replayId, 'operator');
    await eventually('a checkpoint to wait for the lock', 30_000, async () => {
      const { rows } = await world.pool.query(
        `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'shadow_state'::regclass`,
      );
      return { done: rows.length > 0, value: rows, seen: rows };
    });
    await sleep(2 * boundMs);
    await held.query('ROLLBACK');
    held.release();
    expect(await world.ended(replayId)).toMatchObject({
      status: 'finished',
      agreement: 'equal',
      failure: null,
    });
  });

  it('is left alone when the whole process stood still', async () => {
    const topic = await world.topic(1);
    const events = added(40);
    await world.produce(topic, events);
    await projectShelf(world.pool, events, await world.admin.fetchTopicOffsets(topic));
    const { replayId } = await world.launch('tally', { rateLimit: 10 });
    await world.until(replayId, ['folding']);
    worker.signal('SIGSTOP');
    await sleep(3 * boundMs);
    worker.signal('SIGCONT');
    expect(await world.ended(replayId)).toMatchObject({
      status: 'finished',
      agreement: 'equal',
      failure: null,
    });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { openIncidentWorld } from '../../../demo/testing/incident-world.ts';
import { postgresNotifier } from '../../adapters/postgres/live-feed.ts';
import { resultStore, workerStore } from '../../adapters/replay-store/index.ts';
import type { RunnerDeps } from './deps.ts';
import { traceRequested } from './trace-keys.ts';

let world: Awaited<ReturnType<typeof openIncidentWorld>>;
let replayId: string;
beforeAll(async () => {
  world = await openIncidentWorld(inject('databaseUrl'));
});
afterAll(() => world?.close());
beforeEach(async () => {
  await world.owner.query('DELETE FROM key_trace');
  replayId = await world.insertReplay('stock');
});

const ask = (key: string) => world.run((tx) => resultStore.requestTrace(tx, replayId, key));
const take = (reader: string, limit = 50) =>
  world.run((tx) => resultStore.takeTraces(tx, replayId, reader, limit));
const unattended = () => world.run(async (tx) => (await workerStore.findUnattended(tx))?.traces);
const letPass = (seconds: number) =>
  world.owner.query('UPDATE key_trace SET requested_at = requested_at - make_interval(secs => $1)', [
    seconds,
  ]);
const rows = async () =>
  (await world.owner.query('SELECT key, status, problem FROM key_trace ORDER BY key')).rows;
const ageSeconds = async () =>
  (
    await world.owner.query(
      'SELECT extract(epoch FROM clock_timestamp() - requested_at)::int AS age FROM key_trace',
    )
  ).rows[0]?.age;

/** A reading that lasts until it is told to fail, beside a clock that is moved by hand. */
function longReading() {
  const reading = Promise.withResolvers<never>();
  let tick = Promise.withResolvers<void>();
  const deps = {
    unitOfWork: { run: world.run },
    results: resultStore,
    replays: { find: () => reading.promise },
    live: postgresNotifier,
    clock: {
      now: () => new Date(),
      wait: (_: number, signal?: AbortSignal) =>
        Promise.race([
          tick.promise,
          new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
        ]),
    },
    log: { warn: () => undefined },
  } as unknown as RunnerDeps;
  return {
    fail: reading.reject,
    nextTurn: () => {
      const { resolve } = tick;
      tick = Promise.withResolvers();
      resolve();
    },
    ended: traceRequested(deps, replayId, 'one', new AbortController().signal),
  };
}

describe('a key whose history is read', () => {
  it('stays with its reader for as long as that reads', async () => {
    await ask('K');
    const reading = longReading();
    await expect.poll(rows).toMatchObject([{ status: 'reading' }]);
    await letPass(61);
    reading.nextTurn();
    await expect.poll(ageSeconds).toBeLessThan(30);
    expect(await unattended()).toEqual([]);
    expect(await take('two')).toEqual([]);
    reading.fail(new Error('the broker is gone'));
    await reading.ended;
    expect(await rows()).toEqual([{ key: 'K', status: 'failed', problem: 'the broker is gone' }]);
  });

  it('is taken by another once its reader has not held it for a minute, whose it is then', async () => {
    await ask('K');
    const reading = longReading();
    await expect.poll(rows).toMatchObject([{ status: 'reading' }]);
    await letPass(61);
    expect(await unattended()).toEqual([replayId]);
    expect(await take('two')).toEqual(['K']);
    reading.fail(new Error('the broker is gone'));
    await reading.ended;
    expect(await rows()).toEqual([{ key: 'K', status: 'reading', problem: null }]);
  });

  it('fails with the thread that read it, and not with another', async () => {
    await ask('A');
    expect(await take('one')).toEqual(['A']);
    await ask('B');
    expect(await take('two')).toEqual(['B']);
    await world.run((tx) => resultStore.failReading(tx, replayId, 'one', 'it stood still'));
    expect(await rows()).toEqual([
      { key: 'A', status: 'failed', problem: 'it stood still' },
      { key: 'B', status: 'reading', problem: null },
    ]);
  });

  it('is read again at once by a thread that is begun again under its name', async () => {
    await ask('K');
    expect(await take('one')).toEqual(['K']);
    expect(await take('two')).toEqual([]);
    expect(await take('one')).toEqual(['K']);
  });
});

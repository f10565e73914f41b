import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import {
  eventually,
  openReplayWorld,
  type ReplayWorld,
  type Tally,
} from '../../demo/testing/replay-world.ts';
import { createUnitOfWork } from '../adapters/postgres/unit-of-work.ts';
import { foldStore, resultStore, workerStore } from '../adapters/replay-store/index.ts';
import type { Checkpoint } from '../application/ports/replay-store.ts';
import { renewEveryMs } from '../application/replay/deps.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { composeWorker } from '../composition/worker.ts';
import { noCounts, type Scope } from '../domain/replay/index.ts';
import { readSettings } from '../env.ts';

let world: ReplayWorld;

beforeAll(async () => {
  world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: inject('kafkaBrokers') });
  await world.pool.query(shelfTables);
});
afterAll(() => world.close());

const added = (count: number): Tally[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `e${i}`,
    key: `item-${i % 20}`,
    value: { amount: (i % 7) + 1 },
  }));

async function topicOf(events: number, partitions = 1): Promise<string> {
  const topic = await world.topic(partitions);
  await world.produce(topic, added(events));
  await projectShelf(world.pool, added(events), await world.admin.fetchTopicOffsets(topic));
  return topic;
}

async function applied(replayId: string): Promise<number> {
  const { rows } = await world.pool.query<{ applied: number }>(
    `SELECT sum((counters->>'applied')::int)::int AS applied FROM replay_partition WHERE replay_id = $1`,
    [replayId],
  );
  return rows[0]?.applied ?? 0;
}

const reaches = (replayId: string, count: number) =>
  eventually(`${count} events to be applied`, 90_000, async () => {
    const seen = await applied(replayId);
    return { done: seen >= count, value: seen, seen };
  });

describe('a plan that was shown', () => {
  it('is launched as it was shown by another web process, and by none once it has expired', async () => {
    await topicOf(10);
    const other = composeDashboard(readSettings(world.env, process.cwd()), 'other');
    const preview = async () => {
      const { planHash } = await world.commands.previewPlan('tally', { kind: 'all' });
      return planHash ?? '';
    };
    const launch = (planHash: string) =>
      other.desk('test').commands.launch({
        contractId: 'tally',
        scope: { kind: 'all' },
        planHash,
        reason: 'a test',
        actor: 'operator',
      });
    const shown = await preview();
    const { replayId, planHash } = await launch(shown);
    expect(planHash).toBe(shown);
    await world.commands.cancel(replayId, 'operator', 'the test is over');
    const late = await preview();
    await world.pool.query(`UPDATE previewed_plan SET expires_at = now() - interval '1 second'`);
    await expect(launch(late)).rejects.toThrow(/can't be launched: it was shown too long ago/);
    await preview();
    const { rows } = await world.pool.query('SELECT count(*)::int AS kept FROM previewed_plan');
    expect(rows).toEqual([{ kept: 1 }]);
    await other.close();
  });

  it('is launched once, however often it is asked for under the same id', async () => {
    await topicOf(10);
    const { planHash } = await world.commands.previewPlan('tally', { kind: 'all' });
    const asked = { replayId: randomUUID(), planHash: planHash ?? '' };
    const both = await Promise.all([world.launch('tally', asked), world.launch('tally', asked)]);
    const once = { replayId: asked.replayId, planHash, status: 'queued' };
    expect(both).toEqual([once, once]);
    await world.commands.cancel(asked.replayId, 'operator', 'the test is over');
    expect(await world.launch('tally', asked)).toMatchObject({ replayId: asked.replayId, planHash });
    const { rows } = await world.pool.query(
      `SELECT count(*)::int AS launched FROM audit_entry WHERE action = 'replay.launched' AND subject = $1`,
      [`replay:${asked.replayId}`],
    );
    expect(rows).toEqual([{ launched: 1 }]);
  });

  it('is refused under the id of another plan, or of somebody else', async () => {
    await topicOf(10);
    const planHashOf = async (scope: Scope) =>
      (await world.commands.previewPlan('tally', scope)).planHash ?? '';
    const part: Scope = { kind: 'partitions', partitions: [0] };
    const asked = { replayId: randomUUID(), planHash: await planHashOf({ kind: 'all' }) };
    const other = { ...asked, scope: part, planHash: await planHashOf(part) };
    await world.launch('tally', asked);
    for (const again of [other, { ...asked, actor: 'somebody' }, { replayId: asked.replayId, scope: part }])
      await expect(world.launch('tally', again)).rejects.toMatchObject({
        code: 'replay-id-taken',
        where: asked.replayId,
      });
    await world.commands.cancel(asked.replayId, 'operator', 'the test is over');
  });

  it('is not launched for another scope than its own', async () => {
    await topicOf(10);
    const { planHash } = await world.commands.previewPlan('tally', { kind: 'all' });
    const scope: Scope = { kind: 'keys', keys: ['item-1'] };
    await expect(world.launch('tally', { scope, planHash: planHash ?? '' })).rejects.toThrow(
      /its scope differs/,
    );
  });
});

describe('leases', () => {
  const unitOfWork = () => createUnitOfWork(world.runner);
  const checkpoint = (cursor: bigint, done: boolean, follows = 0): Checkpoint => ({
    follows,
    cursor,
    counters: { ...noCounts, applied: Number(cursor) },
    shadow: [{ key: 'k', state: '{"total":1}', lastOffset: cursor - 1n, events: cursor }],
    seen: new Uint8Array(32),
    blockDigests: new Uint8Array(0),
    findings: [],
    findingCounts: new Map([['duplicate', 1]]),
    seam: null,
    done,
    spentMs: 1,
    eventsPerSecond: null,
  });
  const stored = async (replayId: string) => {
    const { rows } = await world.pool.query(
      `SELECT cursor::int, status, (SELECT count(*)::int FROM shadow_state WHERE replay_id = $1) AS shadow,
         (SELECT count(*)::int FROM seen_block WHERE replay_id = $1) AS seen,
         (SELECT coalesce(sum(count), 0)::int FROM replay_finding_count WHERE replay_id = $1) AS findings
       FROM replay_partition WHERE replay_id = $1`,
      [replayId],
    );
    return rows[0];
  };

  it('a commit with an old token writes nothing at all, and is told that its lease is lost', async () => {
    await topicOf(10);
    const { replayId } = await world.launch('tally');
    const uow = unitOfWork();
    const [first] = await uow.run((tx) => foldStore.claim(tx, replayId, 'one', 0));
    const [second] = await uow.run((tx) => foldStore.claim(tx, replayId, 'two', 10_000));
    if (first === undefined || second === undefined) throw new Error('nothing was claimed');
    expect(second.lease.token).toBeGreaterThan(first.lease.token);
    expect(await uow.run((tx) => foldStore.commit(tx, first, checkpoint(5n, false), null))).toBe(
      'lease-lost',
    );
    expect(await stored(replayId)).toEqual({ cursor: 0, status: 'folding', shadow: 0, seen: 0, findings: 0 });
    expect(await uow.run((tx) => foldStore.commit(tx, second, checkpoint(7n, false), null))).toBe(
      'committed',
    );
    expect(await stored(replayId)).toEqual({ cursor: 7, status: 'folding', shadow: 1, seen: 1, findings: 1 });
    expect(await uow.run((tx) => foldStore.renew(tx, [first], 10_000))).toEqual([]);
    expect(await uow.run((tx) => foldStore.claim(tx, replayId, 'three', 10_000))).toEqual([]);
    await uow.run((tx) => resultStore.fenceFolds(tx, replayId));
    expect(await uow.run((tx) => foldStore.commit(tx, second, checkpoint(9n, true, 1), null))).toBe(
      'lease-lost',
    );
    await world.commands.cancel(replayId, 'operator', 'the test is over');
  });

  it('a commit that builds upon one that a crash of the database took is refused, and folded again from what is there', async () => {
    await topicOf(10);
    const { replayId } = await world.launch('tally');
    const uow = unitOfWork();
    const [work] = await uow.run((tx) => foldStore.claim(tx, replayId, 'one', 10_000));
    if (work === undefined) throw new Error('nothing was claimed');
    const commit = (cursor: bigint, follows: number) =>
      uow.run((tx) => foldStore.commit(tx, work, checkpoint(cursor, false, follows), null));
    expect(await commit(3n, 0)).toBe('committed');
    const before = await stored(replayId);
    // As a server comes back that had not yet written the next one to its disk: the lease is as it was.
    expect(await commit(8n, 2)).toBe('lease-lost');
    expect(await stored(replayId)).toEqual(before);
    expect(await commit(8n, 1)).toBe('committed');
    await world.commands.cancel(replayId, 'operator', 'the test is over');
  });

  it('what several threads report of one attempt counts once, and a fault of its own kind is counted apart', async () => {
    await topicOf(10);
    const { replayId } = await world.launch('tally');
    const uow = unitOfWork();
    const fails = (lasting: boolean) =>
      uow.run((tx) => resultStore.setProblem(tx, replayId, { sentence: 'it failed', lasting }));
    const isDue = () =>
      world.pool.query(`UPDATE replay SET retry_at = now() - interval '1 s' WHERE id = $1`, [replayId]);
    expect(await fails(false)).toEqual({ retries: 1, lasting: 0 });
    expect(await fails(true)).toEqual({ retries: 1, lasting: 1 });
    expect(await fails(true)).toEqual({ retries: 1, lasting: 1 });
    await isDue();
    expect(await fails(true)).toEqual({ retries: 2, lasting: 2 });
    await isDue();
    expect(await fails(false)).toEqual({ retries: 3, lasting: 2 });
    const clear = () => uow.run((tx) => resultStore.clearProblem(tx, replayId));
    expect(await clear()).toBe(true);
    expect(await clear()).toBe(false);
    expect(await fails(true)).toEqual({ retries: 1, lasting: 1 });
    await world.commands.cancel(replayId, 'operator', 'the test is over');
  });

  it('a missing range that two checkpoints have seen is one finding, with its whole count', async () => {
    await topicOf(10);
    const { replayId } = await world.launch('tally');
    const uow = unitOfWork();
    const [work] = await uow.run((tx) => foldStore.claim(tx, replayId, 'one', 10_000));
    if (work === undefined) throw new Error('nothing was claimed');
    const missing = (cursor: bigint, ranges: readonly (readonly [number, number])[]): Checkpoint => ({
      ...checkpoint(cursor, false),
      findings: ranges.map(([from, to]) => ({
        kind: 'missing-history',
        partition: work.partition,
        offset: String(from),
        to: String(to),
        key: null,
        eventId: null,
        eventType: null,
        detail: 'Missing.',
      })),
      findingCounts: new Map([['missing-history', 2]]),
    });
    await uow.run((tx) => foldStore.commit(tx, work, missing(4n, [[2, 4]]), null));
    const ranges = [
      [2, 5],
      [6, 7],
    ] as const;
    const second = { ...missing(9n, ranges), follows: 1 };
    await uow.run((tx) => foldStore.commit(tx, work, second, null));
    expect(await uow.run((tx) => foldStore.foundRanges(tx, replayId, work.partition))).toEqual([
      { kind: 'missing-history', from: 2, to: 5 },
      { kind: 'missing-history', from: 6, to: 7 },
    ]);
    expect(await uow.run((tx) => foldStore.findingCounts(tx, replayId, work.partition))).toEqual(
      new Map([['missing-history', 4]]),
    );
    await world.commands.cancel(replayId, 'operator', 'the test is over');
  });

  it('a replay as a whole is held by one worker at a time', async () => {
    await topicOf(10);
    const { replayId } = await world.launch('tally');
    await world.pool.query(`UPDATE replay SET status = 'merging' WHERE id = $1`, [replayId]);
    const uow = unitOfWork();
    const first = await uow.run((tx) => resultStore.claimPhase(tx, replayId, 'one', 0));
    const second = await uow.run((tx) => resultStore.claimPhase(tx, replayId, 'two', 10_000));
    if (first === null || second === null) throw new Error('nothing was claimed');
    expect(await uow.run((tx) => resultStore.claimPhase(tx, replayId, 'three', 10_000))).toBeNull();
    expect(await uow.run((tx) => resultStore.holdPhase(tx, replayId, first, 10_000))).toBe(false);
    expect(await uow.run((tx) => resultStore.holdPhase(tx, replayId, second, 10_000))).toBe(true);
    await world.commands.cancel(replayId, 'operator', 'the test is over');
  });

  it('what an owner holds is kept from others, and taken up again by its successor of the same name', async () => {
    await topicOf(10, 3);
    const { replayId } = await world.launch('tally');
    const uow = unitOfWork();
    const claim = (owner: string) => uow.run((tx) => foldStore.claim(tx, replayId, owner, 10_000));
    const held = await claim('one');
    expect(held).toHaveLength(3);
    expect(await claim('two')).toEqual([]);
    await world.pool.query(
      `UPDATE replay_partition SET lease_until = clock_timestamp() WHERE replay_id = $1`,
      [replayId],
    );
    await uow.run((tx) => workerStore.holdLeases(tx, 'one', 10_000));
    expect(await claim('two')).toEqual([]);
    const again = await claim('one');
    expect(again.map((work) => work.lease.token)).toEqual(held.map((work) => work.lease.token + 1n));
    await uow.run((tx) => workerStore.dropLeases(tx, 'one'));
    expect(await claim('two')).toHaveLength(3);
    await uow.run((tx) => workerStore.dropLeases(tx, 'two'));
    await world.commands.cancel(replayId, 'operator', 'the test is over');
  });

  it('what a thread that died has held is given back, and the replay says what it died of', async () => {
    await topicOf(10);
    const { replayId } = await world.launch('tally');
    const owner = 'gone/fold-0';
    await unitOfWork().run((tx) => foldStore.claim(tx, replayId, owner, 60_000));
    const worker = composeWorker(readSettings(world.env, process.cwd()), { name: 'other' });
    await worker.stuckThreads.died({ kind: 'fold', replayId, slot: 0 }, owner, new Error('out of memory'));
    expect(await world.replay(replayId)).toMatchObject({
      status: 'folding',
      problem: 'Error: A thread of the worker died at it: out of memory',
    });
    const held = await world.pool.query('SELECT lease_owner FROM replay_partition WHERE replay_id = $1', [
      replayId,
    ]);
    expect(held.rows).toEqual([{ lease_owner: null }]);
    await worker.close();
    await world.commands.cancel(replayId, 'operator', 'the test is over');
  });

  it('partitions are shared out fairly among the idle threads of the fleet', async () => {
    await topicOf(60, 6);
    const { replayId } = await world.launch('tally');
    const uow = unitOfWork();
    await world.pool.query(
      `INSERT INTO worker (id, host, pid, threads, version) VALUES ('a', 'h', 1, 2, '0'), ('b', 'h', 2, 2, '0')`,
    );
    const shares = [];
    for (const owner of ['a/0', 'b/0', 'a/1', 'b/1']) {
      shares.push((await uow.run((tx) => foldStore.claim(tx, replayId, owner, 10_000))).length);
    }
    expect(shares).toEqual([2, 2, 1, 1]);
    await world.pool.query('DELETE FROM worker');
    await world.commands.cancel(replayId, 'operator', 'the test is over');
  });
});

describe('a running replay', () => {
  it('tells the lists of each change of its status, and not of each checkpoint', async () => {
    await topicOf(1500, 2);
    const worker = world.startWorker(2);
    const told: string[] = [];
    const client = await world.pool.connect();
    client.on('notification', ({ payload }) => told.push(JSON.parse(payload ?? '{}').topic));
    await client.query('LISTEN reprise');
    const { replayId } = await world.launch('tally', { rateLimit: 300 });
    await world.ended(replayId);
    await worker.stop();
    await client.query('UNLISTEN *');
    client.release();
    const own = `replay:${replayId}`;
    // Others may be ending beside it: what one transaction tells stands together.
    const ofLists = told.filter((topic, at) => topic === 'replays' && told[at - 1] === own).length;
    // Folding, merging, comparing, explaining, checking, recording, finished.
    expect(ofLists).toBeGreaterThanOrEqual(7);
    // A share of the partitions that is taken up is told as well, and each of two threads takes one.
    expect(ofLists).toBeLessThanOrEqual(9);
    expect(told.filter((topic) => topic === own).length).toBeGreaterThan(ofLists);
  });

  it('keeps to its rate, pauses where it is, goes on, takes another rate, and ends whole', async () => {
    await topicOf(3000, 2);
    const worker = world.startWorker(2);
    const { replayId } = await world.launch('tally', { rateLimit: 300 });
    await world.until(replayId, ['folding']);
    await reaches(replayId, 300);
    await world.commands.pause(replayId, 'operator');
    await world.until(replayId, ['paused']);
    const paused = await applied(replayId);
    expect(paused).toBeLessThan(3000);
    const { rows } = await world.pool.query(
      'SELECT count(*)::int AS held FROM replay_partition WHERE replay_id = $1 AND lease_owner IS NOT NULL',
      [replayId],
    );
    expect(rows[0].held).toBe(0);
    await expect(world.commands.pause(replayId, 'operator')).rejects.toMatchObject({
      code: 'replay-state-conflict',
    });
    await world.commands.setRateLimit(replayId, null, 'operator');
    await world.commands.resume(replayId, 'operator');
    const row = await world.ended(replayId);
    expect(row).toMatchObject({ status: 'finished', confidence: 'trusted', agreement: 'equal' });
    expect(row.counters?.applied).toBe(3000);
    const audit = await world.pool.query('SELECT action FROM audit_entry WHERE subject = $1 ORDER BY id', [
      `replay:${replayId}`,
    ]);
    expect(audit.rows.map((each) => each.action)).toEqual([
      'replay.launched',
      'replay.pause',
      'replay.set-rate',
      'replay.resume',
    ]);
    await worker.stop();
  });

  it('is cancelled at once, with what it had come to on record and no verdict on the states', async () => {
    await topicOf(3000);
    const worker = world.startWorker(1);
    const { replayId } = await world.launch('tally', { rateLimit: 200 });
    await world.until(replayId, ['folding']);
    await reaches(replayId, 100);
    // Which events the projection refuses is known of none that is not folded yet.
    const readsEvents = () => world.commands.requestTrace(replayId, 'item-0', 'operator');
    await expect(readsEvents()).rejects.toMatchObject({ code: 'replay-state-conflict' });
    await world.commands.cancel(replayId, 'operator', 'wrong contract');
    const row = await world.until(replayId, ['cancelled']);
    await expect(readsEvents()).rejects.toMatchObject({ code: 'replay-state-conflict' });
    expect(row).toMatchObject({
      confidence: null,
      agreement: null,
      failure: null,
    });
    const { rows } = await world.pool.query(
      `SELECT status, events_processed::int AS events FROM evidence_record WHERE replay_id = $1`,
      [replayId],
    );
    expect(rows).toEqual([{ status: 'cancelled', events: expect.any(Number) }]);
    const evidence = await world.pool.query(
      `SELECT convert_from(statement, 'UTF8')::jsonb->'predicate'->>'cancelled_by' AS who,
         convert_from(content, 'UTF8')::jsonb->>'cancellation' AS why
       FROM evidence_record r JOIN evidence_attachment a ON a.evidence_id = r.id WHERE replay_id = $1`,
      [replayId],
    );
    expect(evidence.rows).toEqual([{ who: 'operator', why: 'wrong contract' }]);
    await expect(world.commands.resume(replayId, 'operator')).rejects.toMatchObject({
      code: 'replay-state-conflict',
    });
    await worker.stop();
  });

  it('is cancelled while it compares, which is no failure of its own', async () => {
    await topicOf(10);
    const worker = world.startWorker(1, { LOG_LEVEL: 'warn' });
    const holding = await world.pool.connect();
    await holding.query('BEGIN; LOCK TABLE shelf IN ACCESS EXCLUSIVE MODE');
    const { replayId } = await world.launch('tally');
    await world.until(replayId, ['comparing']);
    await world.commands.cancel(replayId, 'operator', 'wrong contract');
    // Until whoever holds the replay has seen it.
    await sleep(renewEveryMs + 1_000);
    await holding.query('ROLLBACK');
    holding.release();
    await world.until(replayId, ['cancelled']);
    expect(worker.output).not.toContain('AbortError');
    await worker.stop();
  });

  it('is given back by a worker that is asked to stop, with all that it had folded', async () => {
    await topicOf(3000);
    const worker = world.startWorker(1);
    const { replayId } = await world.launch('tally', { rateLimit: 300 });
    await world.until(replayId, ['folding']);
    await reaches(replayId, 200);
    expect(await worker.stop()).toBe(0);
    const { rows } = await world.pool.query(
      `SELECT status, lease_owner, cursor::int AS cursor FROM replay_partition WHERE replay_id = $1`,
      [replayId],
    );
    expect(rows[0]).toMatchObject({ status: 'waiting', lease_owner: null });
    expect(rows[0].cursor).toBeGreaterThan(200);
    expect((await world.pool.query('SELECT id FROM worker')).rows).toEqual([]);
    await world.commands.cancel(replayId, 'operator', 'the test is over');
  });
});

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openRedriveWorld, type RedriveWorld } from '../../demo/testing/redrive-world.ts';
import { eventually } from '../../demo/testing/replay-world.ts';
import { erasureStore } from '../adapters/erasure/erasure-store.ts';
import { createUnitOfWork } from '../adapters/postgres/unit-of-work.ts';
import { javaHashPartition } from '../domain/replay/index.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('dead letters that are sent again', () => {
  let letters: RedriveWorld;

  beforeAll(async () => {
    letters = await openRedriveWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
  });
  afterAll(() => letters.close());

  it('go out after somebody else has approved them, and are done when they were reprocessed', async () => {
    const groupId = await letters.park('mended', [1, 2, 3, 4]);
    const redriveId = await letters.ask(groupId);
    const { hash: planHash } = await letters.operator().redrive({ redriveId });
    await expect(
      letters.both().decideRedrive({ redriveId, planHash, verdict: 'approved', reason: 'mine' }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(
      letters
        .approver()
        .decideRedrive({ redriveId, planHash: 'a'.repeat(64), verdict: 'approved', reason: 'x' }),
    ).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(
      letters.world.runner.query(`UPDATE redrive SET status = 'queued' WHERE id = $1`, [redriveId]),
    ).rejects.toThrow('no approval that counts');
    await letters.step();
    expect((await letters.operator().redrive({ redriveId })).counts.waiting).toBe(4);
    await letters.approve(redriveId);
    const ended = await letters.untilEnded(redriveId);
    expect(ended).toMatchObject({ status: 'done', problem: null });
    expect(ended.counts).toMatchObject({ reprocessed: 4, failed: 0, unknown: 0 });
    expect([...(await letters.arrived(redriveId)).values()]).toEqual([1, 1, 1, 1]);
    expect(ended.shown.map(({ sentPartition }) => sentPartition)).toEqual(
      [0, 1, 2, 3].map((at) => javaHashPartition(`K${at}`, 2)),
    );
    const letter = await letters
      .operator()
      .get({ topic: `${letters.topic}.dead`, partition: 0, offset: '0' });
    expect(letter.redrives).toMatchObject([{ redriveId, status: 'reprocessed' }]);
  });

  it('are refused where another redrive has reprocessed them already', async () => {
    const topics = await letters.operator().topics();
    const groupId = topics
      .flatMap(({ groups }) => groups)
      .find(({ exception }) => exception === 'mended')?.groupId;
    await expect(letters.ask(groupId ?? '')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('are given to one of two who ask for them at the same moment', async () => {
    const groupId = await letters.park('wanted-twice', [1, 2]);
    const gate = await letters.world.pool.connect();
    await gate.query('BEGIN; LOCK TABLE redrive IN SHARE MODE');
    const asked = Promise.allSettled([letters.ask(groupId), letters.ask(groupId)]);
    await eventually('both to have looked', 30_000, async () => {
      const { rows } = await letters.world.pool.query(
        `SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted AND relation = 'redrive'::regclass`,
      );
      return { done: rows[0].count === 2, value: null, seen: rows };
    });
    await gate.query('COMMIT');
    gate.release();
    const [given, refused] = (await asked).toSorted((a, b) => a.status.localeCompare(b.status));
    expect(given?.status).toBe('fulfilled');
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'CONFLICT' } });
    await letters.operator().cancelRedrive({ redriveId: given?.status === 'fulfilled' ? given.value : '' });
  });

  it('are refused where other letters stand there than were looked at', async () => {
    const groupId = await letters.park('growing', [1]);
    const wanted = { contractId: 'tally', derivedState: 'shelf', groupId };
    const { hash: planHash } = await letters.operator().previewRedrive(wanted);
    await letters.park('growing', [2]);
    await expect(
      letters.operator().requestRedrive({ ...wanted, planHash, reason: 'mended' }),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('stop at the first batch of which too much is parked again, and say why', async () => {
    const redriveId = await letters.ask(await letters.park('not-mended', [-1, 2, 3, 4]));
    await letters.approve(redriveId);
    const ended = await letters.untilEnded(redriveId);
    expect(ended).toMatchObject({ status: 'stopped' });
    expect(ended.counts).toMatchObject({ failed: 1, waiting: 3, reprocessed: 0 });
    expect(ended.shown[0]?.status).toBe('failed');
    expect((await letters.arrived(redriveId)).size).toBe(1);
  });

  it('are not taken for reprocessed while a transaction of somebody else hides what was parked again', async () => {
    const redriveId = await letters.ask(await letters.park('hidden', [-1]));
    await letters.approve(redriveId);
    const other = letters.world.kafka.producer({ transactionalId: randomUUID(), idempotent: true });
    await other.connect();
    const open = await other.transaction();
    await open.send({
      topic: `${letters.topic}.dead`,
      messages: [{ value: '{}', headers: { id: randomUUID() } }],
    });
    await eventually('it to be waited for', 50_000, async () => {
      await letters.step();
      const { counts, problem } = await letters.operator().redrive({ redriveId });
      expect(counts).toMatchObject({ reprocessed: 0, failed: 0 });
      const done = problem?.includes('neither been committed nor aborted') === true;
      return { done, value: null, seen: [counts, problem] };
    });
    await open.abort();
    await other.disconnect();
    const ended = await letters.untilEnded(redriveId);
    expect(ended).toMatchObject({ status: 'done', counts: { failed: 1, reprocessed: 0 } });
  });

  it('go on past one that the broker does not take for its size', async () => {
    const sizes = Array.from({ length: 15 }, (_, at) => (at === 9 ? 20_000 : 1));
    const redriveId = await letters.ask(
      await letters.park('large', sizes, (amount) => (amount > 1 ? 'x'.repeat(amount) : '')),
    );
    await letters.approve(redriveId);
    const ended = await letters.untilEnded(redriveId);
    expect(ended).toMatchObject({ status: 'done', counts: { reprocessed: 14, failed: 1, unknown: 0 } });
    const offsets = ended.shown.map(({ offset }) => Number(offset));
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect(ended.shown.find(({ status }) => status === 'failed')).toMatchObject({
      number: 10,
      cause: expect.stringContaining('max.message.bytes'),
    });
    expect([...(await letters.arrived(redriveId)).values()]).toEqual(Array.from({ length: 14 }, () => 1));
  });

  it('go out no faster than was approved, and neither while paused nor after they were called off', async () => {
    const redriveId = await letters.ask(await letters.park('slowly', [1, 2, 3, 4, 5]), 1);
    await letters.approve(redriveId);
    await letters.step();
    await letters.operator().pauseRedrive({ redriveId });
    await sleep(1_200);
    await letters.step();
    expect((await letters.operator().redrive({ redriveId })).counts).toMatchObject({ sent: 1, waiting: 4 });
    await letters.operator().resumeRedrive({ redriveId });
    const ended = await letters.untilEnded(redriveId);
    const times = ended.shown.map(({ sentAt }) => Date.parse(sentAt ?? '')).sort((a, b) => a - b);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(3_900);
    await expect(letters.operator().cancelRedrive({ redriveId })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('are in no second more than were approved, whatever the sizes of batches', async () => {
    const [all, perSecond] = [Array.from({ length: 15 }, (_, at) => at + 1), 3];
    const redriveId = await letters.ask(await letters.park('steadily', all), perSecond);
    await letters.approve(redriveId);
    const ended = await letters.untilEnded(redriveId);
    expect(ended.counts).toMatchObject({ reprocessed: 15 });
    const times = ended.shown.map(({ sentAt }) => Date.parse(sentAt ?? '')).toSorted((a, b) => a - b);
    const gaps = times.slice(perSecond).map((time, at) => time - (times[at] ?? 0));
    // They are kept by the millisecond.
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(999);
  });

  it('are known by nothing that names a key once that was erased', async () => {
    const redriveId = await letters.ask(await letters.park('unknown-person: PERSON-88 has no account', [1]));
    await letters.operator().cancelRedrive({ redriveId });
    const held = () =>
      letters.world.pool.query(`SELECT (SELECT json_agg(l) FROM dead_letter l)::text
        || (SELECT json_agg(g) FROM dead_letter_group g)::text AS all`);
    expect(JSON.stringify((await held()).rows)).toContain('PERSON-88');
    const erased = await createUnitOfWork(letters.world.pool).run((tx) =>
      erasureStore.eraseBeside(tx, 'tally', new Set(['PERSON-88']), false),
    );
    expect(erased.deadLetters).toBe(1);
    expect(JSON.stringify((await held()).rows)).not.toContain('PERSON-88');
  });

  it('arrive once each, though the worker that sends them is killed', async () => {
    const redriveId = await letters.ask(
      await letters.park(
        'killed',
        Array.from({ length: 12 }, (_, at) => at + 1),
      ),
      4,
    );
    await letters.approve(redriveId);
    const heard = await letters.hearNothing(redriveId, 4);
    const first = letters.world.startWorker();
    try {
      await eventually('the third batch to be sent', 110_000, async () => {
        const seen = await letters.arrived(redriveId);
        return { done: seen.size === 7, value: null, seen: [seen.size, first.output] };
      });
    } finally {
      await first.kill();
      await heard.again();
    }
    expect((await letters.operator().redrive({ redriveId })).counts).toMatchObject({
      reprocessed: 3,
      sending: 4,
    });
    const ended = await letters.untilEnded(redriveId);
    expect(ended.counts).toMatchObject({ reprocessed: 12 });
    expect([...(await letters.arrived(redriveId)).values()]).toEqual(Array.from({ length: 12 }, () => 1));
  }, 240_000);
});

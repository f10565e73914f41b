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

  const groupOf = async (cause: string) =>
    (await letters.operator().topics())
      .flatMap(({ groups }) => groups)
      .find((each) => each.exception === cause);
  const redriven = async (groupId: string, atMost?: number) => {
    const redriveId = await letters.ask(groupId, 1000, atMost);
    await letters.approve(redriveId);
    return letters.untilEnded(redriveId);
  };

  it('are refused where another redrive has reprocessed all of them, and are counted as that', async () => {
    const group = await groupOf('mended');
    expect(group).toMatchObject({ letters: 4, gone: 0, reprocessed: 4 });
    await expect(letters.ask(group?.groupId ?? '')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/Nothing of this choice is left .* 4 letters reprocessed already/),
    });
  });

  it('of a cause are what is left of it, where a part was reprocessed and more came', async () => {
    const groupId = await letters.park('in-parts', [1, 2, 3]);
    expect((await letters.preview(groupId, 2)).isCut).toBe(true);
    expect((await redriven(groupId, 2)).counts).toMatchObject({ reprocessed: 2 });
    await letters.park('in-parts', [4]);
    expect(await letters.preview(groupId)).toMatchObject({
      letters: 2,
      isCut: false,
      leftOut: 'Left out: 2 letters reprocessed already, or held by another redrive.',
    });
    expect((await redriven(groupId)).counts).toMatchObject({ reprocessed: 2 });
    expect(await groupOf('in-parts')).toMatchObject({ letters: 4, reprocessed: 4 });
  });

  it('go out once for each event: of several letters the newest, which settles the others', async () => {
    const [id, other] = [randomUUID(), randomUUID()];
    const first = await letters.park('twice', [1, 2, 1], undefined, (amount) => (amount === 1 ? id : other));
    expect(await letters.preview(first)).toMatchObject({
      letters: 2,
      leftOut: expect.stringContaining('1 letter parked again since'),
    });
    const again = await letters.park('twice-again', [2], undefined, () => other);
    expect(await letters.preview(first)).toMatchObject({ letters: 1 });
    const rows = (await letters.operator().list({ topic: `${letters.topic}.dead`, eventId: id })).rows;
    const places = rows.map(({ topic, partition, offset }) => ({ topic, partition, offset }));
    const wanted = { contractId: 'tally', derivedState: 'shelf', letters: places };
    await expect(letters.operator().previewRedrive(wanted)).rejects.toThrow('2 letters of 1 events');
    expect((await redriven(again)).counts).toMatchObject({ reprocessed: 1 });
    const ofOther = (await letters.operator().list({ topic: `${letters.topic}.dead`, eventId: other })).rows;
    expect(ofOther.map(({ reprocessed }) => reprocessed)).toEqual([true, true]);
    const place = ofOther.map(({ topic, partition, offset }) => ({ topic, partition, offset })).at(-1);
    expect(
      await letters.operator().previewRedrive({ ...wanted, letters: place ? [place] : [] }),
    ).toMatchObject({
      taken: 1,
    });
    // What is parked after that is another matter.
    const later = await letters.park('twice-later', [2], undefined, () => other);
    expect(await letters.preview(later)).toMatchObject({ letters: 1, leftOut: null });
    expect((await redriven(first)).counts).toMatchObject({ reprocessed: 1 });
  });

  it('are looked for after they were given up, and are given to no other until then', async () => {
    const groupId = await letters.park('lagging', [1, 2]);
    letters.halt();
    const redriveId = await letters.ask(groupId);
    await letters.approve(redriveId);
    const { pool } = letters.world;
    const minutesPass = () =>
      pool.query(
        `WITH r AS (UPDATE redrive SET still_ms = still_ms + 120000 WHERE id = $1)
         UPDATE redrive_letter SET sent_at = sent_at - interval '2 min' WHERE redrive_id = $1 AND sent_at IS NOT NULL`,
        [redriveId],
      );
    try {
      await letters.step();
      await letters.step();
      expect((await letters.operator().redrive({ redriveId })).counts).toMatchObject({ sent: 1, unknown: 0 });
      // Nobody has looked meanwhile, so that nobody knows that it stood still.
      await pool.query(
        `WITH r AS (UPDATE redrive SET looked_at = looked_at - interval '2 min' WHERE id = $1)
         UPDATE redrive_letter SET sent_at = sent_at - interval '2 min' WHERE redrive_id = $1 AND sent_at IS NOT NULL`,
        [redriveId],
      );
      await letters.step();
      expect((await letters.operator().redrive({ redriveId })).counts).toMatchObject({ sent: 1, unknown: 0 });
      await minutesPass();
      await letters.step();
      expect(await letters.operator().redrive({ redriveId })).toMatchObject({
        status: 'stopped',
        counts: { sent: 0, unknown: 1, waiting: 1 },
      });
      expect(await letters.preview(groupId)).toMatchObject({
        letters: 1,
        leftOut: expect.stringContaining('held by another redrive'),
      });
    } finally {
      letters.goOn();
    }
    await eventually('it to be found reprocessed', 60_000, async () => {
      await pool.query('UPDATE redrive SET tried_at = NULL WHERE id = $1', [redriveId]);
      await letters.step();
      const { counts, status } = await letters.operator().redrive({ redriveId });
      return { done: counts.reprocessed === 1, value: null, seen: [counts, status] };
    });
    expect([...(await letters.arrived(redriveId)).values()]).toEqual([1]);
    expect((await redriven(groupId)).counts).toMatchObject({ reprocessed: 1 });
    expect(await groupOf('lagging')).toMatchObject({ letters: 2, reprocessed: 2 });
  });

  it('are given up by an operator with a reason, and may be sent by another redrive from then on', async () => {
    const groupId = await letters.park('nobody-comes', [1]);
    letters.halt();
    try {
      const redriveId = await letters.ask(groupId);
      await letters.approve(redriveId);
      const stop = (reason: string) => letters.operator().stopWaiting({ redriveId, reason });
      await letters.step();
      await letters.step();
      await expect(stop('too early')).rejects.toMatchObject({ code: 'CONFLICT' });
      await letters.world.pool.query(
        `WITH r AS (UPDATE redrive SET still_ms = still_ms + 120000 WHERE id = $1)
         UPDATE redrive_letter SET sent_at = sent_at - interval '2 min' WHERE redrive_id = $1`,
        [redriveId],
      );
      await letters.step();
      expect(await letters.operator().redrive({ redriveId })).toMatchObject({
        awaited: 1,
        counts: { unknown: 1 },
        shown: [{ status: 'unknown', isAwaited: true }],
      });
      await expect(letters.ask(groupId)).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(stop(' ')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
      expect(await stop('The group has another name.')).toEqual({ letters: 1 });
      expect(await letters.operator().redrive({ redriveId })).toMatchObject({
        awaited: 0,
        counts: { unknown: 0, unseen: 1 },
        waitEnds: [{ personId: letters.olga.personId, letters: 1, reason: 'The group has another name.' }],
      });
      const { rows } = await letters.world.pool.query(
        `SELECT actor, detail FROM audit_entry WHERE subject = $1 AND action = 'redrive.wait-ended'`,
        [`redrive:${redriveId}`],
      );
      expect(rows).toEqual([{ actor: letters.olga.personId, detail: { letters: 1 } }]);
      expect(await letters.preview(groupId)).toMatchObject({ letters: 1, leftOut: null });
    } finally {
      letters.goOn();
    }
    expect((await redriven(groupId)).counts).toMatchObject({ reprocessed: 1 });
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

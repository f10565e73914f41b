import { createHash, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { somebodyWaits } from '../../demo/testing/locks.ts';
import { openRedriveWorld, type RedriveWorld } from '../../demo/testing/redrive-world.ts';
import { canonicalJson } from '../domain/shared/canonical-json.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('what is approved of a redrive', () => {
  let letters: RedriveWorld;

  beforeAll(async () => {
    letters = await openRedriveWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
  });
  afterAll(() => letters.close());

  /** As it would be had nobody looked at it for more than a day. */
  async function letADayPass(redriveId: string): Promise<void> {
    const client = await letters.world.pool.connect();
    try {
      await client.query(`SET session_replication_role = 'replica'`);
      await client.query(
        `UPDATE redrive_decision SET decided_at = decided_at - interval '25 hours' WHERE redrive_id = $1`,
        [redriveId],
      );
    } finally {
      client.release(true);
    }
  }

  it('runs out where it has not begun within a day: it ends, once, and nothing is sent', async () => {
    const redriveId = await letters.ask(await letters.park('forgotten', [1, 2]));
    await letters.approve(redriveId);
    await letADayPass(redriveId);
    await letters.step();
    await letters.step();
    const found = await letters.operator().redrive({ redriveId });
    expect(found).toMatchObject({ status: 'refused', startedAt: null, counts: { waiting: 2 } });
    expect(found.problem).toContain('approval ran out');
    const { rows } = await letters.world.pool.query(
      `SELECT count(*)::int AS count FROM audit_entry WHERE subject = $1 AND action = 'redrive.refused'`,
      [`redrive:${redriveId}`],
    );
    expect(rows).toEqual([{ count: 1 }]);
  });

  describe('by somebody who loses the right', () => {
    const setRoles = (roles: string, at: Pick<pg.Pool, 'query'> = letters.world.pool) =>
      at.query(`UPDATE person SET roles = $2 WHERE id = $1`, [letters.ada.personId, roles]);
    afterEach(() => setRoles('{approver}'));
    const audited = async (redriveId: string) =>
      (
        await letters.world.pool.query(
          `SELECT detail FROM audit_entry WHERE subject = $1 AND action = 'redrive.approval-lost'`,
          [`redrive:${redriveId}`],
        )
      ).rows.map(({ detail }) => detail);
    const told = async (redriveId: string) =>
      (
        await letters.world.pool.query(
          'SELECT kind FROM notice WHERE subject_id = $1 ORDER BY created_at, id',
          [redriveId],
        )
      ).rows.map(({ kind }) => kind);

    it('is void, once and for good: it waits for approval again, and is told of', async () => {
      const redriveId = await letters.ask(await letters.park('right-lost', [1]));
      await letters.approve(redriveId);
      await setRoles('{viewer}');
      await setRoles('{approver}');
      expect(await letters.operator().redrive({ redriveId })).toMatchObject({
        status: 'awaiting-approval',
        decisions: [{ voidedAt: expect.any(String), voidReason: 'who gave it does not approve any more' }],
      });
      const lost = { person: letters.ada.personId, decision: expect.any(String) };
      expect(await audited(redriveId)).toMatchObject([lost]);
      expect(await told(redriveId)).toEqual(['waiting', 'approved', 'taken-back']);
      await letters.step();
      expect(await letters.operator().redrive({ redriveId })).toMatchObject({ startedAt: null });
      // Nor past all code.
      await expect(
        letters.world.runner.query(`UPDATE redrive SET status = 'queued' WHERE id = $1`, [redriveId]),
      ).rejects.toThrow(/no approval that counts/);
      await expect(
        letters.world.pool.query(
          `UPDATE redrive_decision SET voided_at = NULL, void_reason = NULL WHERE redrive_id = $1`,
          [redriveId],
        ),
      ).rejects.toThrow(/never changed/);
      // Who has it again may decide again.
      await letters.approve(redriveId);
      expect((await letters.untilEnded(redriveId)).status).toBe('done');
    });

    it('is not made void where the act that took the right is rolled back', async () => {
      const redriveId = await letters.ask(await letters.park('rolled-back', [1]));
      await letters.approve(redriveId);
      const client = await letters.world.pool.connect();
      await client.query('BEGIN');
      await setRoles('{viewer}', client);
      await client.query('ROLLBACK');
      client.release();
      expect(await letters.operator().redrive({ redriveId })).toMatchObject({ status: 'queued' });
      expect(await audited(redriveId)).toEqual([]);
      await letters.operator().cancelRedrive({ redriveId });
    });

    it('takes up nothing again after a pause, and waits again where it was paused before it began', async () => {
      const begun = await letters.ask(await letters.park('begun', [1, 2, 3]), 1);
      const unbegun = await letters.ask(await letters.park('unbegun', [1]));
      await letters.approve(begun);
      await letters.step();
      await letters.operator().pauseRedrive({ redriveId: begun });
      await letters.approve(unbegun);
      await letters.operator().pauseRedrive({ redriveId: unbegun });
      await setRoles('{viewer}');
      await setRoles('{approver}');
      await expect(letters.operator().resumeRedrive({ redriveId: begun })).rejects.toMatchObject({
        code: 'FORBIDDEN',
      });
      expect(await letters.operator().redrive({ redriveId: begun })).toMatchObject({ status: 'paused' });
      expect((await told(begun)).at(-1)).toBe('voided');
      expect(await letters.operator().redrive({ redriveId: unbegun })).toMatchObject({
        status: 'awaiting-approval',
      });
      for (const redriveId of [begun, unbegun]) await letters.operator().cancelRedrive({ redriveId });
    });

    it('waits for what is just beginning by it, and leaves that its approval', async () => {
      const redriveId = await letters.ask(await letters.park('beginning', [1]));
      await letters.approve(redriveId);
      const worker = await letters.world.runner.connect();
      await worker.query('BEGIN');
      await worker.query(`UPDATE redrive SET status = 'running', started_at = now() WHERE id = $1`, [
        redriveId,
      ]);
      const losing = setRoles('{viewer}');
      await somebodyWaits(letters.world.pool);
      await worker.query('COMMIT');
      worker.release();
      await losing;
      expect(await letters.operator().redrive({ redriveId })).toMatchObject({
        status: 'running',
        decisions: [{ voidedAt: null }],
      });
      await letters.operator().cancelRedrive({ redriveId });
    });

    it('begins nothing where the worker comes second', async () => {
      const redriveId = await letters.ask(await letters.park('second', [1]));
      await letters.approve(redriveId);
      const client = await letters.world.pool.connect();
      await client.query('BEGIN');
      await setRoles('{viewer}', client);
      const working = letters.step();
      await somebodyWaits(letters.world.pool);
      await client.query('COMMIT');
      client.release();
      await working;
      expect(await letters.operator().redrive({ redriveId })).toMatchObject({
        status: 'awaiting-approval',
        startedAt: null,
      });
      await letters.operator().cancelRedrive({ redriveId });
    });

    it.each([
      ['pauses', 'ring-of-pause', (redriveId: string) => letters.operator().pauseRedrive({ redriveId })],
      [
        'ends the wait for',
        'ring-of-waits',
        (redriveId: string) => letters.operator().stopWaiting({ redriveId, reason: 'gone' }),
      ],
    ] as const)(
      'never waits in a ring with somebody who %s one and loses theirs',
      async (_what, parked, act) => {
        const redriveId = await letters.ask(await letters.park(parked, [1]));
        await letters.approve(redriveId);
        const client = await letters.world.pool.connect();
        await client.query('BEGIN');
        // What the loss of any right holds first.
        await client.query('SELECT FROM redrive WHERE id = $1 FOR UPDATE', [redriveId]);
        const acting = Promise.allSettled([act(redriveId)]);
        await somebodyWaits(letters.world.pool);
        await client.query('UPDATE person SET roles = roles WHERE id = $1', [letters.olga.personId]);
        await client.query('COMMIT');
        client.release();
        const [acted] = await acting;
        if (acted?.status === 'rejected') expect(acted.reason).toMatchObject({ code: 'CONFLICT' });
        await letters.operator().cancelRedrive({ redriveId });
      },
    );

    it('stays that of what has begun by it', async () => {
      const redriveId = await letters.ask(await letters.park('under-way', [1, 2, 3]), 1);
      await letters.approve(redriveId);
      await letters.step();
      await setRoles('{viewer}');
      expect(await audited(redriveId)).toEqual([]);
      expect((await letters.untilEnded(redriveId)).status).toBe('done');
    });
  });

  it('is for the version of the contract that it was asked for by, and nothing is sent by another', async () => {
    const redriveId = await letters.ask(await letters.park('by-version', [1]));
    await letters.approve(redriveId);
    await letters.release('Tally of all items');
    await letters.step();
    const found = await letters.operator().redrive({ redriveId });
    expect(found).toMatchObject({ status: 'refused', startedAt: null, counts: { waiting: 1 } });
    expect(found.problem).toMatch(/approved by version \d+ of tally, which has version \d+ by now/);
  });

  it('is asked for again when it is taken up after a pause', async () => {
    const redriveId = await letters.ask(await letters.park('paused', [1, 2, 3]), 1);
    await letters.approve(redriveId);
    await letters.step();
    await letters.operator().pauseRedrive({ redriveId });
    await letADayPass(redriveId);
    await expect(letters.operator().resumeRedrive({ redriveId })).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('last 24 hours'),
    });
    expect(await letters.operator().redrive({ redriveId })).toMatchObject({ status: 'paused' });
    await letters.operator().cancelRedrive({ redriveId });
  });

  describe('is what its hash is of', () => {
    const frozen = () => ({
      ...{ contract: 'tally', state: 'shelf', topic: `${letters.topic}.dead`, identity: 'one' },
      ...{ target: `${letters.topic}.retry`, perSecond: 5, letters: ['0/1', '0/2'] },
    });
    type Said = ReturnType<typeof frozen>;

    /** As code would that runs with the product's own rights, and does not keep to its own rules. */
    async function insert(plan: Said, said: Partial<Said>, places: readonly string[], hash?: string) {
      const [id, text, row] = [randomUUID(), canonicalJson(plan), { ...plan, ...said }];
      const client = await letters.world.runner.connect();
      try {
        await client.query('BEGIN');
        await client.query(
          `INSERT INTO redrive (id, contract_id, state, topic, identity, target, frozen, hash, letters, per_second,
             requested_by, reason, status)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'olga', 'x', 'awaiting-approval')`,
          [
            ...[id, row.contract, row.state, row.topic, row.identity, row.target],
            ...[text, hash ?? sha256(text), row.letters.length, row.perSecond],
          ],
        );
        await client.query(
          `INSERT INTO redrive_letter (redrive_id, number, topic, partition, "offset")
           SELECT $1, place, $2, split_part(letter, '/', 1)::int, split_part(letter, '/', 2)::bigint
           FROM unnest($3::text[]) WITH ORDINALITY AS l (letter, place)`,
          [id, row.topic, places],
        );
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    }

    it('and is refused with another hash, other words or other letters', async () => {
      const plan = frozen();
      await insert(plan, {}, plan.letters);
      const ofPlan = 'is what its frozen plan says';
      await expect(insert(plan, {}, plan.letters, 'a'.repeat(64))).rejects.toThrow(ofPlan);
      await expect(insert(plan, { target: 'elsewhere' }, plan.letters)).rejects.toThrow(ofPlan);
      await expect(insert(plan, { perSecond: 900 }, plan.letters)).rejects.toThrow(ofPlan);
      await expect(insert(plan, { letters: ['0/1'] }, ['0/1'])).rejects.toThrow(ofPlan);
      const ofLetters = 'are those of its frozen plan';
      for (const places of [
        ['0/1', '0/3'],
        ['0/2', '0/1'],
        ['0/1', '0/2', '0/3'],
      ])
        await expect(insert(plan, {}, places)).rejects.toThrow(ofLetters);
      await expect(insert({ ...plan, letters: ['0/1', '0/1'] }, {}, ['0/1', '0/1'])).rejects.toThrow('twice');
    });
  });
});

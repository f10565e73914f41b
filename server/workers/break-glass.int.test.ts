import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Someone, signIn } from '../../demo/testing/promotions.ts';
import { openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import { checkVerdict, parseStatement } from '../domain/evidence/index.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('breaking the glass', () => {
  let world: ReplayWorld;
  let olga: Someone;
  let ada: Someone;
  let topic: string;
  beforeAll(async () => {
    world = await openReplayWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    olga = await signIn(world.pool, 'olga', ['operator']);
    ada = await signIn(world.pool, 'ada', ['approver']);
    topic = await world.topic(1);
    await world.contract('tally', topic, (source) =>
      source.replace("authors: ['rosa'],", `authors: ['rosa'],\n  approvals: { replay: 2 },`),
    );
    await world.produce(topic, [{ id: 'e', key: 'K', value: { amount: 1 } }]);
  });
  afterAll(() => world?.close());

  /** A replay that olga asked for, and that needs two approvals. */
  async function waiting() {
    const { replayId, planHash } = await world.launch('tally', { actor: olga.personId });
    const subject = { subjectKind: 'replay', subjectId: replayId, planHash: planHash ?? '' } as const;
    const by = (who: Someone, reason = 'the shop is closed') =>
      world.commands.breakGlass({ ...subject, ...who, reason });
    return { replayId, planHash: planHash ?? '', by };
  }
  /** In the order of the log, with the incidents that they are linked to. */
  async function glassRecords(replayId: string) {
    const { rows } = await world.pool.query<{
      id: string;
      digest: string;
      text: string;
      remarks: string;
      incidents: string[];
    }>(
      `SELECT e.id::text, e.digest, e.status, e.requested_by, convert_from(e.statement, 'UTF8') AS text,
         convert_from(a.content, 'UTF8') AS remarks,
         ARRAY(SELECT l.incident_id::text FROM incident_evidence l WHERE l.evidence_id = e.id) AS incidents
       FROM evidence_record e JOIN log_entry l ON l.evidence_id = e.id
       JOIN evidence_attachment a ON a.evidence_id = e.id AND a.name = 'remarks'
       WHERE e.replay_id = $1 AND e.kind = 'break-glass' ORDER BY l.index`,
      [replayId],
    );
    return rows;
  }
  const status = async (id: string) => (await world.replay(id)).status;

  it('takes two different people, of whom one may have requested it, and stands in the record until it is reviewed', async () => {
    const { replayId, by } = await waiting();
    const begun = await by(olga);
    expect(begun.state).toBe('waits-for-a-second');
    expect(await status(replayId)).toBe('awaiting-approval');
    await expect(by(olga)).rejects.toThrow(/a second person has to confirm/);
    expect(await by(ada)).toEqual({ glassId: begun.glassId, state: 'broken' });
    world.startWorker();
    const ended = await world.ended(replayId);
    expect(ended).toMatchObject({ status: 'finished' });
    const { rows } = await world.pool.query<{ text: string }>(
      `SELECT convert_from(statement, 'UTF8') AS text FROM evidence_record WHERE id = $1`,
      [ended.evidence_id],
    );
    const statement = JSON.parse(rows[0]?.text ?? '{}');
    expect(statement.predicate.break_glass).toMatchObject({
      incident: begun.glassId,
      by: [olga.personId, ada.personId],
    });
    expect(rows[0]?.text).not.toContain('the shop is closed');
    expect(statement.predicate.does_not_prove.join()).toContain('without its approvals');
    expect(checkVerdict(statement).outcome).toBe('passed');

    const close = (who: Someone) =>
      world.commands.closeReview({ glassId: begun.glassId, reason: 'it was needed', ...who });
    await expect(close(ada)).rejects.toThrow(/somebody else reviews/);
    await expect(close(olga)).rejects.toThrow(/needs the role/);
    const iris = await signIn(world.pool, 'iris', ['auditor']);
    await close(iris);
    await expect(close(iris)).rejects.toThrow(/closed already/);
    const audit = await world.pool.query<{ action: string }>(
      `SELECT action FROM audit_entry WHERE subject = $1 AND action LIKE 'glass.%' ORDER BY id`,
      [`replay:${replayId}`],
    );
    expect(audit.rows.map(({ action }) => action)).toEqual(['glass.begun', 'glass.broken', 'glass.reviewed']);
  });

  it('leaves a record when it breaks and one when it is reviewed, both of the incidents that were open then', async () => {
    const incident = async (status: string) => {
      const { rows } = await world.pool.query<{ id: string }>(
        `INSERT INTO incident (id, cause, kind, contract_id, class, title, facts, began_at, opened_by, clock_from,
           respond_by, last_told_at)
         VALUES (gen_random_uuid(), gen_random_uuid()::text, 'by-hand', 'tally', 'P2', 'stock is wrong', '{}', now(),
           'reprise', now(), now(), now())
         RETURNING id::text`,
      );
      const id = rows[0]?.id ?? '';
      if (status !== 'detected') await recover(id);
      return id;
    };
    const recover = (id: string) =>
      world.pool.query(
        `UPDATE incident SET status = 'recovered', recovered_at = now(), recovery_reason = 'by hand' WHERE id = $1`,
        [id],
      );
    const open = await incident('detected');
    const over = await incident('recovered');
    const { replayId, planHash, by } = await waiting();
    const { glassId } = await by(olga, 'ORDER-7 waits');
    expect(await glassRecords(replayId)).toEqual([]);
    await by(ada);
    const [broken] = await glassRecords(replayId);
    expect(broken).toMatchObject({ status: 'broken', requested_by: ada.personId, incidents: [open] });
    expect(broken?.text).not.toMatch(/ORDER-7/);
    expect(broken?.remarks).toMatch(/ORDER-7/);
    expect(JSON.parse(broken?.text ?? '{}').predicate).toMatchObject({
      act_id: glassId,
      lets_run: { kind: 'replay', id: replayId, requested_by: olga.personId },
      plan_hash: planHash,
      broken_by: [{ by: olga.personId }, { by: ada.personId }],
      approvals: { needed: 2, counted: 0 },
      incidents_open: 1,
      incidents: [open],
      review: null,
    });
    // What is over by the review still has it, and what was opened since has not.
    await recover(open);
    const later = await incident('detected');
    const iris = await signIn(world.pool, 'iris2', ['auditor']);
    await world.commands.closeReview({ glassId, reason: 'it was needed', ...iris });
    const [, reviewed] = await glassRecords(replayId);
    expect(reviewed).toMatchObject({ status: 'reviewed', requested_by: iris.personId, incidents: [open] });
    expect(JSON.parse(reviewed?.text ?? '{}').predicate).toMatchObject({
      stage: 'reviewed',
      incidents: [open],
      review: { by: iris.personId, act_record: { id: broken?.id, sha256: broken?.digest } },
    });
    for (const { text } of [broken, reviewed].flatMap((each) => each ?? []))
      expect(parseStatement(JSON.parse(text))).toMatchObject({ ok: true });
    await recover(later);
    expect(over).not.toBe(open);
  });

  it('leaves nothing where its record can’t be made', async () => {
    const { replayId, planHash, by } = await waiting();
    const { glassId } = await by(olga);
    await world.pool.query(
      `CREATE FUNCTION no_glass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$;
       CREATE TRIGGER no_glass BEFORE INSERT ON evidence_record FOR EACH ROW WHEN (NEW.kind = 'break-glass')
         EXECUTE FUNCTION no_glass()`,
    );
    try {
      await expect(by(ada)).rejects.toThrow(/disk is full/);
    } finally {
      await world.pool.query('DROP TRIGGER no_glass ON evidence_record; DROP FUNCTION no_glass()');
    }
    expect(await status(replayId)).toBe('awaiting-approval');
    const { rows } = await world.pool.query(
      'SELECT second_by FROM break_glass WHERE id = $1 AND plan_hash = $2',
      [glassId, planHash],
    );
    expect(rows).toEqual([{ second_by: null }]);
  });

  it('is refused without a reason, a fresh sign-in, a role, or the plan that waits', async () => {
    const { by, replayId } = await waiting();
    await expect(by(olga, ' ')).rejects.toThrow(/has a reason/);
    await expect(by({ ...olga, sessionId: randomUUID() })).rejects.toThrow(/Sign in again/);
    const vito = await signIn(world.pool, 'vito', ['viewer', 'admin']);
    await expect(by(vito)).rejects.toThrow(/needs the role operator or approver/);
    await expect(
      world.commands.breakGlass({
        subjectKind: 'replay',
        subjectId: replayId,
        planHash: 'a'.repeat(64),
        reason: 'x',
        ...olga,
      }),
    ).rejects.toThrow(/Another plan waits/);
  });

  it('is reviewed by none of the three: nor by who requested it, neither through the code nor by a statement', async () => {
    const rita = await signIn(world.pool, 'rita', ['operator', 'auditor']);
    const { replayId, planHash } = await world.launch('tally', { actor: rita.personId });
    const subject = { subjectKind: 'replay', subjectId: replayId, planHash: planHash ?? '' } as const;
    let glassId = '';
    for (const who of [olga, ada])
      ({ glassId } = await world.commands.breakGlass({ ...subject, ...who, reason: 'now' }));
    await expect(world.commands.closeReview({ glassId, reason: 'fine', ...rita })).rejects.toThrow(
      /You requested what it let run/,
    );
    await expect(
      world.pool.query(
        `UPDATE break_glass SET closed_by = $2, conclusion = 'fine', closed_at = now() WHERE id = $1`,
        [glassId, rita.personId],
      ),
    ).rejects.toThrow(/who requested it does not review/);
  });

  it('past all code: nobody alone, nothing later than a quarter of an hour, nothing changed, nothing taken away', async () => {
    const { replayId, planHash, by } = await waiting();
    const { glassId } = await by(olga);
    const set = (change: string, ...values: unknown[]) =>
      world.pool.query(`UPDATE break_glass SET ${change} WHERE id = $1`, [glassId, ...values]);
    const second = `second_by = $2, second_reason = 'x', second_at = now()`;
    await expect(set(second, olga.personId)).rejects.toThrow(/break_glass_by_two/);
    const vito = await signIn(world.pool, 'vito', ['viewer']);
    await expect(set(second, vito.personId)).rejects.toThrow(/does not break the glass/);
    await expect(set('first_reason = $2', 'another')).rejects.toThrow(/never changed/);
    await expect(set(`expires_at = now() + interval '1 day'`)).rejects.toThrow(/never changed/);
    await expect(world.pool.query('DELETE FROM break_glass')).rejects.toThrow(/never changed/);
    await expect(
      world.pool.query(
        `INSERT INTO break_glass (id, subject_kind, subject_id, contract_id, plan_hash, first_by, first_reason, expires_at,
           second_by, second_reason, second_at) VALUES (gen_random_uuid(), 'replay', $1, 'tally', $2, $3, 'x', now(), $4, 'y', now())`,
        [replayId, planHash, olga.personId, ada.personId],
      ),
    ).rejects.toThrow(/not alone/);
    await expect(
      world.pool.query(
        `INSERT INTO break_glass (id, subject_kind, subject_id, contract_id, plan_hash, first_by, first_reason, expires_at)
         VALUES (gen_random_uuid(), 'replay', $1, 'another', $2, $3, 'x', now())`,
        [replayId, planHash, ada.personId],
      ),
    ).rejects.toThrow(/of another contract/);
    await world.pool.query('ALTER TABLE break_glass DISABLE TRIGGER break_glass_moves');
    await set(`expires_at = now() - interval '1 second'`);
    await world.pool.query('ALTER TABLE break_glass ENABLE TRIGGER break_glass_moves');
    await expect(set(second, ada.personId)).rejects.toThrow(/came too late/);
    await expect(
      world.pool.query(`UPDATE replay SET status = 'queued' WHERE id = $1`, [replayId]),
    ).rejects.toThrow(/needs 2 approvals/);
    expect(await status(replayId)).toBe('awaiting-approval');
  });

  it('accepts the absence of no record: what could not be read leaves the replay untrusted', async () => {
    const own = await world.topic(1);
    await world.produce(own, [
      { id: 'e', key: 'K', value: { amount: 1 } },
      { id: 'bad', key: 'K', value: '{' },
    ]);
    const { replayId, planHash } = await world.launch('tally', {
      actor: olga.personId,
      waivers: [{ partition: 0, offset: '1' }],
    });
    const subject = { subjectKind: 'replay', subjectId: replayId, planHash: planHash ?? '' } as const;
    const omar = await signIn(world.pool, 'omar', ['operator']);
    for (const who of [olga, omar]) await world.commands.breakGlass({ ...subject, ...who, reason: 'now' });
    world.startWorker();
    const ended = await world.ended(replayId);
    expect(ended).toMatchObject({ confidence: 'untrusted', confidence_reasons: ['quarantined'] });
    const { rows } = await world.pool.query<{ text: string }>(
      `SELECT convert_from(statement, 'UTF8') AS text FROM evidence_record WHERE id = $1`,
      [ended.evidence_id],
    );
    const statement = JSON.parse(rows[0]?.text ?? '{}');
    expect(statement.predicate).toMatchObject({ waived_quarantined: 0, counters: { quarantined: 1 } });
    expect(checkVerdict(statement).outcome).toBe('passed');
    // A record that says otherwise is refused by whoever verifies it.
    Object.assign(statement.predicate, {
      waived_quarantined: 1,
      confidence_status: 'trusted',
      confidence_reasons: [],
    });
    expect(checkVerdict(statement)).toMatchObject({
      outcome: 'failed',
      sentence: expect.stringContaining('nobody has approved that'),
    });
  });
});

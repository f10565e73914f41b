import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Someone, signIn } from '../../demo/testing/promotions.ts';
import { openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import { checkVerdict } from '../domain/evidence/index.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('broken glass that lapsed before a worker came', () => {
  let world: ReplayWorld;
  let olga: Someone;
  let ada: Someone;
  let lin: Someone;
  beforeAll(async () => {
    world = await openReplayWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    olga = await signIn(world.pool, 'olga', ['operator']);
    ada = await signIn(world.pool, 'ada', ['approver']);
    lin = await signIn(world.pool, 'lin', ['approver']);
    const topic = await world.topic(1);
    await world.produce(topic, [
      { id: 'e', key: 'K', value: { amount: 1 } },
      { id: 'bad', key: 'K', value: '{' },
    ]);
  });
  afterAll(() => world?.close());

  async function broken() {
    const { replayId, planHash } = await world.launch('tally', {
      actor: 'operator',
      waivers: [{ partition: 0, offset: '1' }],
    });
    const subject = { subjectKind: 'replay', subjectId: replayId, planHash: planHash ?? '' } as const;
    const by = (who: Someone) => world.commands.breakGlass({ ...subject, ...who, reason: 'it can’t wait' });
    await by(olga);
    const { glassId } = await by(ada);
    return { replayId, planHash: planHash ?? '', glassId, by };
  }
  async function recordOf(evidenceId: string | null) {
    const { rows } = await world.pool.query<{ text: string }>(
      `SELECT convert_from(statement, 'UTF8') AS text FROM evidence_record WHERE id = $1`,
      [evidenceId],
    );
    return JSON.parse(rows[0]?.text ?? '{}');
  }

  it('is not what lets the replay run that is approved after it, and may be broken again', async () => {
    const approved = await broken();
    const again = await broken();
    await world.pool.query(`UPDATE person SET roles = '{viewer}' WHERE id = $1`, [olga.personId]);
    world.startWorker();
    for (const { replayId } of [approved, again]) await world.until(replayId, ['awaiting-approval']);

    await world.commands.decide({
      replayId: approved.replayId,
      planHash: approved.planHash,
      verdict: 'approved',
      reason: 'the record is a known one',
      ...lin,
    });
    const ended = await world.ended(approved.replayId);
    expect(ended).toMatchObject({ status: 'finished', confidence: 'trusted' });
    const statement = await recordOf(ended.evidence_id);
    expect(statement.predicate).toMatchObject({
      break_glass: null,
      waived_quarantined: 1,
      approvals: [{ by: lin.personId }],
    });
    expect(statement.predicate.does_not_prove.join()).not.toContain('without its approvals');
    expect(checkVerdict(statement).outcome).toBe('passed');

    expect((await again.by(ada)).state).toBe('waits-for-a-second');
    expect((await again.by(lin)).state).toBe('broken');
    const other = await world.ended(again.replayId);
    expect(other).toMatchObject({ status: 'finished', confidence: 'untrusted' });
    const { predicate } = await recordOf(other.evidence_id);
    expect(predicate.break_glass).toMatchObject({ by: [ada.personId, lin.personId] });

    // What lapsed is looked into all the same.
    const iris = await signIn(world.pool, 'iris', ['auditor']);
    await world.commands.closeReview({ glassId: approved.glassId, reason: 'nothing ran by it', ...iris });
  });
});

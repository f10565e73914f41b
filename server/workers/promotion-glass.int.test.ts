import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import {
  askFor,
  promotionEnded,
  promotionOf,
  promotionTables,
  type Someone,
  signIn,
} from '../../demo/testing/promotions.ts';
import { openReplayWorld, type ReplayWorld, type Tally } from '../../demo/testing/replay-world.ts';
import { checkPromotion } from '../domain/evidence/index.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('breaking the glass of a promotion', () => {
  let world: ReplayWorld;
  let olga: Someone;
  let omar: Someone;
  let topic: string;
  let replayId: string;

  beforeAll(async () => {
    world = await openReplayWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    await world.pool.query(`${shelfTables};${promotionTables}`);
    olga = await signIn(world.pool, 'olga', ['operator']);
    omar = await signIn(world.pool, 'omar', ['operator']);
    topic = await world.topic(1);
    const events = Array.from(
      { length: 20 },
      (_, i): Tally => ({ id: randomUUID(), key: `K${i % 2}`, value: { amount: 1 } }),
    );
    await world.produce(topic, events);
    await projectShelf(world.pool, events, await world.admin.fetchTopicOffsets(topic));
    await world.pool.query('UPDATE shelf SET total = 7');
    world.startWorker();
    ({ replayId } = await world.launch('tally'));
    expect(await world.ended(replayId)).toMatchObject({ status: 'finished', confidence: 'trusted' });
  });
  afterAll(() => world?.close());

  async function waiting(keys: readonly string[]) {
    const { promotionId } = await askFor(world, replayId, olga, keys);
    const { plan_hash } = await promotionOf(world.pool, promotionId);
    const by = (who: Someone) =>
      world.commands.breakGlass({
        subjectKind: 'promotion',
        subjectId: promotionId,
        planHash: plan_hash,
        reason: 'the shop is closed',
        ...who,
      });
    return { promotionId, by };
  }

  it('lets two together write what nobody approved, and its record says so', async () => {
    const { promotionId, by } = await waiting(['K0']);
    const begun = await by(olga);
    expect(begun.state).toBe('waits-for-a-second');
    expect((await promotionOf(world.pool, promotionId)).status).toBe('awaiting-approval');
    await expect(by(olga)).rejects.toThrow(/a second person has to confirm/);
    expect(await by(omar)).toEqual({ glassId: begun.glassId, state: 'broken' });
    const ended = await promotionEnded(world.pool, promotionId);
    expect(ended).toMatchObject({ status: 'promoted', outcome: { written: 1 } });
    const { rows } = await world.pool.query<{ text: string }>(
      `SELECT convert_from(statement, 'UTF8') AS text FROM evidence_record WHERE id = $1`,
      [ended.evidence_id],
    );
    const text = rows[0]?.text ?? '{}';
    const { predicate, ...statement } = JSON.parse(text);
    expect(predicate).toMatchObject({
      approvals: [],
      break_glass: { incident: begun.glassId, by: [olga.personId, omar.personId] },
    });
    expect(predicate.does_not_prove.join()).toContain('two people let it run without its approvals');
    expect(text).not.toContain('the shop is closed');
    expect(checkPromotion({ ...statement, predicate }).outcome).toBe('passed');
    const acts = await world.pool.query(
      `SELECT e.status, e.replay_id::text, convert_from(e.statement, 'UTF8')::jsonb #>> '{predicate,lets_run,id}' AS of
       FROM evidence_record e JOIN log_entry l ON l.evidence_id = e.id WHERE e.kind = 'break-glass'`,
    );
    expect(acts.rows).toEqual([{ status: 'broken', replay_id: replayId, of: promotionId }]);
    // One alone, or nobody, is found out by whoever verifies it.
    for (const break_glass of [null, { by: [olga.personId, olga.personId] }])
      expect(checkPromotion({ ...statement, predicate: { ...predicate, break_glass } })).toMatchObject({
        outcome: 'failed',
        sentence: expect.stringContaining('needs 1 approvals'),
      });
  });

  it('is refused once another version of the contract is registered, neither through the code nor by a statement', async () => {
    const { promotionId, by } = await waiting(['K1']);
    await world.contract('tally', topic, (source) =>
      source.replace("title: 'Tally of items'", "title: 'Tally'"),
    );
    await expect(by(olga)).rejects.toMatchObject({
      code: 'promotion-conflict',
      message: expect.stringContaining('has been registered since'),
    });
    await expect(
      world.pool.query(
        `INSERT INTO break_glass (id, subject_kind, subject_id, contract_id, plan_hash, first_by, first_reason, expires_at)
         SELECT gen_random_uuid(), 'promotion', id, contract_id, plan_hash, $2, 'x', now() FROM promotion WHERE id = $1`,
        [promotionId, olga.personId],
      ),
    ).rejects.toThrow(/another version of its contract/);
  });
});

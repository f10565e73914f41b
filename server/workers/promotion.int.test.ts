import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startProjector } from '../../demo/testing/live-projector.ts';
import { somebodyWaits } from '../../demo/testing/locks.ts';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import {
  approve,
  askFor,
  promotionEnded,
  promotionOf,
  promotionTables,
  type Someone,
  signIn,
} from '../../demo/testing/promotions.ts';
import {
  eventually,
  openReplayWorld,
  type ReplayWorld,
  type Tally,
} from '../../demo/testing/replay-world.ts';
import { checkPromotion } from '../domain/evidence/index.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
const suite = describe.runIf(inject('kafkaBrokers') !== '');

let world: ReplayWorld;
let olga: Someone;
let ada: Someone;
beforeAll(async () => {
  if (inject('kafkaBrokers') === '') return;
  world = await openReplayWorld({
    databaseUrl: inject('databaseUrl'),
    kafkaBrokers: inject('kafkaBrokers'),
  });
  await world.pool.query(`${shelfTables};${promotionTables}`);
  world.startWorker();
  olga = await signIn(world.pool, 'olga', ['operator']);
  ada = await signIn(world.pool, 'ada', ['approver']);
});
afterAll(() => world?.close());
beforeEach(async () => {
  await world?.pool.query('TRUNCATE shelf, shelf_position');
});

const events = (count: number, keys = 4): Tally[] =>
  Array.from({ length: count }, () => randomUUID()).map((id, i) => ({
    id,
    key: `K${i % keys}`,
    value: { amount: 1 },
  }));

/** A shelf that holds what these events come to, but for what is edited. */
async function shelfWith(edit: string, given = events(40)) {
  const topic = await world.topic(2);
  await world.produce(topic, given);
  await projectShelf(world.pool, given, await ends(topic));
  await world.pool.query(edit);
  const replayId = await replayed();
  return { topic, given, replayId };
}

const ends = async (topic: string) =>
  (await world.admin.fetchTopicOffsets(topic)).map(({ partition, offset }) => ({ partition, offset }));

async function replayed(): Promise<string> {
  const { replayId } = await world.launch('tally');
  expect(await world.ended(replayId)).toMatchObject({ status: 'finished', confidence: 'trusted' });
  return replayId;
}

async function shelf(): Promise<Readonly<Record<string, number>>> {
  const { rows } = await world.pool.query<{ item: string; total: number }>(
    'SELECT * FROM shelf ORDER BY item',
  );
  return Object.fromEntries(rows.map(({ item, total }) => [item, total]));
}

async function promoted(replayId: string, keys: readonly string[] | null = null) {
  const { promotionId } = await askFor(world, replayId, olga, keys);
  await approve(world, promotionId, ada);
  return promotionEnded(world.pool, promotionId);
}

suite('a promotion', () => {
  it('writes what history says of the approved keys, and of no others', async () => {
    const { replayId } = await shelfWith(
      `UPDATE shelf SET total = 7 WHERE item = 'K1'; UPDATE shelf SET total = 3 WHERE item = 'K2'`,
    );
    const { outcome, status, evidence_id } = await promoted(replayId, ['K1']);
    expect(status).toBe('promoted');
    expect(outcome).toMatchObject({ written: 1, alreadyRight: 0, changed: 0 });
    expect(outcome?.after?.comparisons).toMatchObject([{ outcome: 'equal', equal: 1 }]);
    expect(await shelf()).toEqual({ K0: 10, K1: 10, K2: 3, K3: 10 });
    const { rows } = await world.pool.query(
      `SELECT kind, status, convert_from(statement, 'UTF8') AS text FROM evidence_record WHERE id = $1`,
      [evidence_id],
    );
    expect(rows[0]).toMatchObject({ kind: 'promotion', status: 'finished' });
    expect(checkPromotion(JSON.parse(rows[0].text))).toEqual({ outcome: 'passed', by: 'approvals' });
    expect(rows[0].text).not.toContain('K1');
  });

  it('inserts a row that is missing, and deletes one that should not be there', async () => {
    const { replayId } = await shelfWith(
      `DELETE FROM shelf WHERE item = 'K1'; INSERT INTO shelf VALUES ('K9', 5)`,
    );
    expect((await promoted(replayId)).outcome).toMatchObject({ written: 2 });
    expect(await shelf()).toEqual({ K0: 10, K1: 10, K2: 10, K3: 10 });
  });

  it('folds on to where the projector is by then', async () => {
    const { topic, given, replayId } = await shelfWith(
      `UPDATE shelf SET total = total - 8 WHERE item = 'K1'`,
    );
    const later = events(8);
    await world.produce(topic, later);
    await projectShelf(world.pool, [...given, ...later], await ends(topic));
    await world.pool.query(`UPDATE shelf SET total = total - 8 WHERE item = 'K1'`);
    expect((await promoted(replayId)).outcome).toMatchObject({ written: 1 });
    expect(await shelf()).toEqual({ K0: 12, K1: 12, K2: 12, K3: 12 });
  });

  it('writes nothing of a key whose difference is another one by now, and ends as refused where nothing is left', async () => {
    const { replayId } = await shelfWith(`UPDATE shelf SET total = 7 WHERE item = 'K1'`);
    const { promotionId } = await askFor(world, replayId, olga);
    await world.pool.query(`UPDATE shelf SET total = 8 WHERE item = 'K1'`);
    await approve(world, promotionId, ada);
    const ended = await promotionEnded(world.pool, promotionId);
    expect(ended).toMatchObject({ status: 'refused', failure_code: 'promotion-overtaken' });
    expect(ended.outcome).toMatchObject({ written: 0, changed: 1 });
    expect(await shelf()).toMatchObject({ K1: 8 });
  });

  it('finds right what somebody has corrected meanwhile, and writes nothing', async () => {
    const { replayId } = await shelfWith(`UPDATE shelf SET total = 7 WHERE item = 'K1'`);
    const { promotionId } = await askFor(world, replayId, olga);
    await world.pool.query(`UPDATE shelf SET total = 10 WHERE item = 'K1'`);
    await approve(world, promotionId, ada);
    expect(await promotionEnded(world.pool, promotionId)).toMatchObject({
      status: 'promoted',
      outcome: { written: 0, alreadyRight: 1 },
    });
  });

  it('is refused where what came since the replay could not be relied on', async () => {
    const { topic, replayId } = await shelfWith(`UPDATE shelf SET total = 7 WHERE item = 'K1'`);
    await world.produce(topic, [{ id: 'poison', key: 'K1', value: '{' }]);
    for (const { partition, offset } of await ends(topic))
      await world.pool.query('UPDATE shelf_position SET next_offset = $2 WHERE partition = $1', [
        partition,
        offset,
      ]);
    const ended = await promoted(replayId);
    expect(ended).toMatchObject({ status: 'refused', failure_code: 'promotion-overtaken' });
    expect(ended.failure).toContain('could not be relied on');
    expect(await shelf()).toMatchObject({ K1: 7 });
  });

  it('waits for no row that it can not hold: without a position row it is refused', async () => {
    const { replayId } = await shelfWith(`UPDATE shelf SET total = 7 WHERE item = 'K1'`);
    await world.pool.query('TRUNCATE shelf_position');
    const ended = await promoted(replayId);
    expect(ended).toMatchObject({ status: 'refused', failure_code: 'promotion-target-unfit' });
    expect(ended.failure).toContain('no position row for partition');
  });

  it('leaves nothing behind where the column does not keep what is written', async () => {
    const { replayId } = await shelfWith(`UPDATE shelf SET total = 7 WHERE item IN ('K1', 'K2')`);
    await world.pool.query(`
      CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.total := 99; RETURN NEW; END $$;
      CREATE TRIGGER spoil BEFORE UPDATE ON shelf FOR EACH ROW WHEN (NEW.item = 'K2') EXECUTE FUNCTION spoil()`);
    const ended = await promoted(replayId);
    await world.pool.query('DROP FUNCTION spoil CASCADE');
    expect(ended).toMatchObject({ status: 'refused', failure_code: 'promotion-target-unfit' });
    expect(ended.failure).toContain('does not keep what is written');
    expect(await shelf()).toMatchObject({ K1: 7, K2: 7 });
  });
});

suite('a projector that keeps writing the very keys', () => {
  it('loses no event and applies none twice', async () => {
    const topic = await world.topic(2);
    const projector = await startProjector(world.kafka, world.pool, topic);
    const before = events(200, 8);
    await world.produce(topic, before);
    await eventually('the projector to follow', 30_000, async () => ({
      done: projector.applied() === before.length,
      value: null,
      seen: projector.applied(),
    }));
    await world.pool.query('UPDATE shelf SET total = total - 8');
    const replayId = await replayed();
    let isOver = false;
    let produced = 0;
    const traffic = (async () => {
      while (!isOver) {
        const some = events(24, 8);
        await world.produce(topic, some);
        produced += some.length;
        await sleep(60);
      }
    })();
    await sleep(1_000);
    const appliedBefore = projector.applied();
    const ended = await promoted(replayId);
    const applied = projector.applied() - appliedBefore;
    await sleep(500);
    isOver = true;
    await traffic;
    await eventually('the projector to apply the rest', 30_000, async () => ({
      done: projector.applied() === before.length + produced,
      value: null,
      seen: projector.applied(),
    }));
    await projector.stop();
    expect(ended).toMatchObject({ status: 'promoted', outcome: { written: 8, changed: 0 } });
    // It did not stand still meanwhile. How fast it is says more of the machine than of the promotion.
    expect(applied).toBeGreaterThan(0);
    const perKey = (before.length + produced) / 8;
    expect(new Set(Object.values(await shelf()))).toEqual(new Set([perKey]));
  });
});

suite('asking for a promotion', () => {
  it('a hundred times at once is asking once', async () => {
    const { replayId } = await shelfWith(`UPDATE shelf SET total = 7 WHERE item = 'K1'`);
    const asked = await Promise.allSettled(Array.from({ length: 100 }, () => askFor(world, replayId, olga)));
    // On a slow machine some wait too long for a connection, and are told so.
    const refused = asked.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
    expect(refused.filter((why) => !/timeout exceeded when trying to connect/.test(why))).toEqual([]);
    const ids = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value.promotionId] : []));
    expect(new Set(ids).size).toBe(1);
    const [promotionId = ''] = ids;
    const approvers = await Promise.all(
      Array.from({ length: 5 }, (_, i) => signIn(world.pool, `approver${i}`, ['approver'])),
    );
    const decided = await Promise.allSettled(approvers.map((who) => approve(world, promotionId, who)));
    expect(decided.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await promotionEnded(world.pool, promotionId);
    const { rows } = await world.pool.query('SELECT FROM reprise_promotion WHERE promotion_id = $1', [
      promotionId,
    ]);
    expect(rows).toHaveLength(1);
    // What has been promoted is not promoted again.
    expect(await askFor(world, replayId, olga)).toEqual({ promotionId, status: 'promoted' });
  });

  it('names what the target lacks before anybody is bothered', async () => {
    const { replayId } = await shelfWith(`UPDATE shelf SET total = 7 WHERE item = 'K1'`);
    await world.pool.query(`REVOKE UPDATE ON shelf_position FROM ${world.promoter}`);
    await expect(askFor(world, replayId, olga)).rejects.toThrow(/lacks UPDATE on shelf_position/);
    await world.pool.query(`GRANT UPDATE ON shelf_position TO ${world.promoter}`);
    await world.pool.query('ALTER TABLE reprise_promotion RENAME TO another');
    await expect(askFor(world, replayId, olga)).rejects.toThrow(/there is no table reprise_promotion/);
    await world.pool.query('ALTER TABLE another RENAME TO reprise_promotion');
  });

  it('takes only keys that differ by this replay, and a reason', async () => {
    const { replayId } = await shelfWith(`UPDATE shelf SET total = 7 WHERE item = 'K1'`);
    await expect(askFor(world, replayId, olga, ['K2'])).rejects.toThrow(
      /K2: by this replay shelf does not differ/,
    );
    await expect(
      world.commands.requestPromotion({
        replayId,
        derivedState: 'shelf',
        keys: null,
        fields: null,
        reason: ' ',
        actor: olga.personId,
        sessionId: olga.sessionId,
      }),
    ).rejects.toThrow(/has a reason/);
    await expect(askFor(world, replayId, { ...olga, sessionId: randomUUID() })).rejects.toThrow(
      /Sign in again/,
    );
  });

  it('is refused of a replay that is not trusted', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, [...events(4), { id: 'bad', key: 'K1', value: '{' }]);
    await world.pool.query(`INSERT INTO shelf_position VALUES (0, 5)`);
    const { replayId } = await world.launch('tally');
    await world.ended(replayId);
    await expect(askFor(world, replayId, olga)).rejects.toThrow(/untrusted, and only a trusted state/);
  });
});

suite('undoing a promotion', () => {
  it('brings the previous row back with what has happened since, once others have approved it', async () => {
    const { topic, given, replayId } = await shelfWith(`UPDATE shelf SET total = 7 WHERE item = 'K1'`);
    const done = await promoted(replayId);
    const later = events(8);
    await world.produce(topic, later);
    await projectShelf(world.pool, [...given, ...later], await ends(topic));
    const undo = await world.commands.requestUndo({
      promotionId: done.id,
      reason: 'it was right before',
      actor: olga.personId,
      sessionId: olga.sessionId,
    });
    expect((await promotionOf(world.pool, undo.promotionId)).status).toBe('awaiting-approval');
    await approve(world, undo.promotionId, ada);
    const ended = await promotionEnded(world.pool, undo.promotionId);
    expect(ended).toMatchObject({ status: 'promoted', outcome: { written: 1 } });
    expect(await shelf()).toEqual({ K0: 12, K1: 9, K2: 12, K3: 12 });
    expect((await promotionOf(world.pool, done.id)).undone_by).toBe(undo.promotionId);
    // And what was undone can be promoted again.
    const again = await askFor(world, replayId, olga);
    expect(again).toMatchObject({ status: 'awaiting-approval' });
    expect(again.promotionId).not.toBe(done.id);
  });

  it('holds the promotion first and whoever asks second, as everybody does, so that nobody waits in a ring', async () => {
    const { replayId } = await shelfWith(`UPDATE shelf SET total = 7 WHERE item = 'K1'`);
    const done = await promoted(replayId);
    const holding = await world.pool.connect();
    try {
      await holding.query('BEGIN');
      await holding.query('SELECT FROM promotion WHERE id = $1 FOR UPDATE', [done.id]);
      const asking = world.commands.requestUndo({
        promotionId: done.id,
        reason: 'it was right before',
        actor: olga.personId,
        sessionId: olga.sessionId,
      });
      await somebodyWaits(world.pool);
      await world.pool.query('SELECT FROM person WHERE id = $1 FOR UPDATE NOWAIT', [olga.personId]);
      await holding.query('COMMIT');
      const { promotionId } = await asking;
      await world.commands.withdrawPromotion({
        promotionId,
        reason: 'the test is over',
        actor: olga.personId,
      });
    } finally {
      holding.release();
    }
  });

  it('deletes what was inserted, and inserts what was deleted', async () => {
    const edit = `DELETE FROM shelf WHERE item = 'K1'; INSERT INTO shelf VALUES ('K9', 5)`;
    const done = await promoted((await shelfWith(edit)).replayId);
    const { promotionId } = await world.commands.requestUndo({
      promotionId: done.id,
      reason: 'it was right before',
      actor: olga.personId,
      sessionId: olga.sessionId,
    });
    await approve(world, promotionId, ada);
    expect(await promotionEnded(world.pool, promotionId)).toMatchObject({ outcome: { written: 2 } });
    expect(await shelf()).toEqual({ K0: 10, K2: 10, K3: 10, K9: 5 });
  });
});

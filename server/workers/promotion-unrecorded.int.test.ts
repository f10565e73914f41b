import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import {
  approve,
  askFor,
  promotionLeaseRunsOut,
  promotionOf,
  promotionTables,
  type Someone,
  signIn,
  startPromotionWorker,
} from '../../demo/testing/promotions.ts';
import { openReplayWorld, type ReplayWorld, type Tally } from '../../demo/testing/replay-world.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('a promotion that a worker has left in the middle', () => {
  const processes: ChildProcess[] = [];
  let world: ReplayWorld;
  let olga: Someone;
  let ada: Someone;
  let topic: string;
  let replayId: string;
  let promotionId: string;
  let taken = 0;

  beforeAll(async () => {
    world = await openReplayWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    await world.pool.query(`${shelfTables};${promotionTables}`);
    olga = await signIn(world.pool, 'olga', ['operator']);
    ada = await signIn(world.pool, 'ada', ['approver']);
    topic = await world.topic(1);
    const events = Array.from(
      { length: 100 },
      (_, i): Tally => ({ id: randomUUID(), key: `K${i % 10}`, value: { amount: 1 } }),
    );
    await world.produce(topic, events);
    await projectShelf(world.pool, events, await world.admin.fetchTopicOffsets(topic));
    await world.pool.query('UPDATE shelf SET total = 7');
    const worker = world.startWorker();
    ({ replayId } = await world.launch('tally'));
    expect(await world.ended(replayId)).toMatchObject({ status: 'finished', confidence: 'trusted' });
    await worker.stop();
  });
  afterAll(async () => {
    for (const each of processes) each.kill('SIGKILL');
    await world?.close();
  });
  /** Of a key that no test before had: history says 10, and the shelf holds 7. */
  beforeEach(async () => {
    taken += 1;
    ({ promotionId } = await askFor(world, replayId, olga, [`K${taken}`]));
    await approve(world, promotionId, ada);
  });

  async function work(point = 'none'): Promise<void> {
    const worker = startPromotionWorker(world, promotionId, point);
    processes.push(worker.child);
    await worker.exited;
  }

  /** As the reaper sends the next worker, once the lease has run out. */
  async function workAgain(point = 'none'): Promise<void> {
    await promotionLeaseRunsOut(world.pool, promotionId);
    await work(point);
  }

  const total = async () =>
    (await world.pool.query('SELECT total FROM shelf WHERE item = $1', [`K${taken}`])).rows[0]?.total;

  it('is not said to have written nothing while its target can not be asked', async () => {
    await work('committed');
    expect(await total()).toBe(10);
    await world.pool.query('ALTER TABLE reprise_promotion RENAME TO another');
    await workAgain();
    const left = await promotionOf(world.pool, promotionId);
    await world.pool.query('ALTER TABLE another RENAME TO reprise_promotion');
    expect(left).toMatchObject({
      status: 'running',
      evidence_id: null,
      problem: expect.stringContaining('reprise_promotion'),
    });
    await workAgain();
    expect(await promotionOf(world.pool, promotionId)).toMatchObject({
      status: 'promoted',
      outcome: { written: 1 },
    });
  });

  it('is recorded as unknown by hand, by an approver, once it has failed for an hour, and as nothing else', async () => {
    const record = (who: Someone, reason = 'its database was sold') =>
      world.commands.recordUnknown({ promotionId, reason, ...who });
    await expect(record(ada)).rejects.toThrow(/It is queued/);
    await work('committed');
    await world.pool.query('ALTER TABLE reprise_promotion RENAME TO another');
    await workAgain();
    await expect(record(ada)).rejects.toThrow(/less than 60 minutes/);
    const end = (code: string) =>
      world.pool.query(`UPDATE promotion SET status = 'failed', failure_code = $2 WHERE id = $1`, [
        promotionId,
        code,
      ]);
    await expect(end('promotion-unknown')).rejects.toThrow(/can still be found out/);
    await world.pool.query(
      `UPDATE promotion SET problem_since = now() - interval '61 minutes', lease_until = NULL WHERE id = $1`,
      [promotionId],
    );
    await expect(record(olga)).rejects.toThrow(/role approver/);
    await expect(record(ada, ' ')).rejects.toThrow(/has a reason/);
    await record(ada);
    await world.pool.query('ALTER TABLE another RENAME TO reprise_promotion');
    const ended = await promotionOf(world.pool, promotionId);
    expect(ended).toMatchObject({
      status: 'failed',
      failure_code: 'promotion-unknown',
      failure: expect.stringContaining('its database was sold'),
      outcome: null,
    });
    const { rows } = await world.pool.query(
      `SELECT actor, outcome FROM audit_entry WHERE subject = $1 AND action = 'promotion.recorded-unknown'`,
      [`promotion:${promotionId}`],
    );
    expect(rows).toEqual([{ actor: ada.personId, outcome: 'done' }]);
    const { rows: records } = await world.pool.query<{ text: string }>(
      `SELECT convert_from(statement, 'UTF8') AS text FROM evidence_record WHERE id = $1`,
      [ended.evidence_id],
    );
    expect(records[0]?.text).toContain('nobody could ask the target');
    // It had been written, and the next worker leaves all of it as it is.
    await workAgain();
    expect(await promotionOf(world.pool, promotionId)).toEqual(ended);
    expect(await total()).toBe(10);
  });

  it('that has been written is recorded as written, however often recording it fails', async () => {
    await world.pool.query(`
      CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$;
      CREATE TRIGGER no_room BEFORE UPDATE OF outcome ON promotion_change
        FOR EACH ROW EXECUTE FUNCTION no_room();
      UPDATE promotion SET lasting = 10, retries = 3000 WHERE id = '${promotionId}'`);
    await work();
    expect(await total()).toBe(10);
    const left = await promotionOf(world.pool, promotionId);
    await world.pool.query('DROP FUNCTION no_room CASCADE');
    expect(left).toMatchObject({ status: 'running', problem: expect.stringContaining('no room') });
    await workAgain();
    expect(await promotionOf(world.pool, promotionId)).toMatchObject({
      status: 'promoted',
      outcome: { written: 1 },
    });
  });

  it('writes no key that was put beside the approved ones once it had begun', async () => {
    await work('claimed');
    await world.pool
      .query(
        `INSERT INTO promotion_change (promotion_id, key, change, magnitude)
         SELECT promotion_id, 'K0', replace(change, '"' || key || '"', '"K0"'), 1
         FROM promotion_change WHERE promotion_id = $1`,
        [promotionId],
      )
      .catch(() => undefined);
    await workAgain();
    expect((await world.pool.query(`SELECT total FROM shelf WHERE item = 'K0'`)).rows).toEqual([
      { total: 7 },
    ]);
  });

  it('is refused where another version of the contract was registered meanwhile', async () => {
    await work('claimed');
    await world.contract('tally', topic, (source) =>
      source.replace("title: 'Tally of items'", "title: 'Tally'"),
    );
    await workAgain();
    await world.contract('tally', topic);
    expect(await total()).toBe(7);
    expect(await promotionOf(world.pool, promotionId)).toMatchObject({
      status: 'refused',
      failure_code: 'promotion-overtaken',
    });
  });
});

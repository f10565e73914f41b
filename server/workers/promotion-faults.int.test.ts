import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type RunningPostgres, startPostgres } from '../../demo/infra/postgres.ts';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import {
  approve,
  askFor,
  promotionEnded,
  promotionLeaseRunsOut,
  promotionOf,
  promotionTables,
  type Someone,
  signIn,
  startPromotionWorker,
} from '../../demo/testing/promotions.ts';
import { openReplayWorld, type ReplayWorld, type Tally } from '../../demo/testing/replay-world.ts';
import { promotionPoints } from '../application/ports/promotion-target.ts';

const root = resolve(import.meta.dirname, '../..');
const log = () => undefined;

/** A server of its own, since it is restarted. Where no broker can be had, the run has said so. */
describe.runIf(inject('kafkaBrokers') !== '')('a promotion that is disturbed', () => {
  const stateDir = resolve(root, '.reprise/test', `promotion-faults-${randomUUID().slice(0, 8)}`);
  const startDatabase = () => startPostgres({ stateDir, log, port: 56_632, settings: { fsync: 'off' } });
  const processes: ChildProcess[] = [];
  let postgres: RunningPostgres;
  let world: ReplayWorld;
  let olga: Someone;
  let ada: Someone;
  let topic: string;
  let replayId: string;
  const keys = 30;
  let taken = 0;
  let key: string;

  beforeAll(async () => {
    postgres = await startDatabase();
    world = await openReplayWorld({
      databaseUrl: postgres.urlFor('postgres'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    await world.pool.query(`${shelfTables};${promotionTables}`);
    olga = await signIn(world.pool, 'olga', ['operator']);
    ada = await signIn(world.pool, 'ada', ['approver']);
    await replay();
  });
  afterAll(async () => {
    for (const each of processes) each.kill('SIGKILL');
    await world?.close().catch(() => undefined);
    await postgres?.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  /** Of every key history says 10, and the shelf holds 7. Then nobody is there to carry anything out. */
  async function replay(): Promise<void> {
    topic = await world.topic(1);
    const events = Array.from(
      { length: 10 * keys },
      (_, i): Tally => ({ id: `e${i}`, key: `K${i % keys}`, value: { amount: 1 } }),
    );
    await world.produce(topic, events);
    await projectShelf(world.pool, events, await world.admin.fetchTopicOffsets(topic));
    await world.pool.query('UPDATE shelf SET total = 7');
    const worker = world.startWorker();
    ({ replayId } = await world.launch('tally'));
    expect(await world.ended(replayId)).toMatchObject({ status: 'finished', confidence: 'trusted' });
    await worker.stop();
  }

  /** A promotion of a key that no test before had, waiting for approval. */
  async function asked(): Promise<string> {
    taken += 1;
    key = `K${taken}`;
    return (await askFor(world, replayId, olga, [key])).promotionId;
  }

  async function approved(): Promise<string> {
    const promotionId = await asked();
    await approve(world, promotionId, ada);
    return promotionId;
  }

  function work(promotionId: string, point = 'none', signal: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL') {
    // The server ends the transaction of a worker that stands still, and that is waited for here.
    const holdMs = signal === 'SIGSTOP' ? 3_000 : 10_000;
    const worker = startPromotionWorker(world, promotionId, point, signal, holdMs);
    processes.push(worker.child);
    return worker;
  }

  /** One worker after the other, as the reaper would send them, until it has ended. */
  async function workUntilEnded(promotionId: string, boundMs = 60_000): Promise<void> {
    const end = performance.now() + boundMs;
    for (;;) {
      await promotionLeaseRunsOut(world.pool, promotionId);
      await work(promotionId).exited;
      if ((await promotionOf(world.pool, promotionId)).status !== 'running') return;
      if (performance.now() > end) throw new Error(`promotion ${promotionId} does not end`);
    }
  }

  const total = async () =>
    (await world.pool.query<{ total: number }>('SELECT total FROM shelf WHERE item = $1', [key])).rows[0]
      ?.total;

  /** What the projector goes on to do: an event of the key, applied to its row. */
  async function oneMore(): Promise<void> {
    await world.produce(topic, [{ id: randomUUID(), key, value: { amount: 5 } }]);
    await world.pool.query(`
      BEGIN; UPDATE shelf_position SET next_offset = next_offset + 1;
      UPDATE shelf SET total = total + 5 WHERE item = '${key}'; COMMIT`);
  }

  async function expectOnce(promotionId: string): Promise<void> {
    expect(await promotionEnded(world.pool, promotionId)).toMatchObject({
      status: 'promoted',
      outcome: { written: 1, alreadyRight: 0, changed: 0 },
    });
    const { rows } = await world.pool.query(
      `SELECT before ->> 'total' AS before, after ->> 'total' AS after FROM promotion_change WHERE promotion_id = $1`,
      [promotionId],
    );
    expect(rows).toEqual([{ before: '7', after: '10' }]);
    const written = await world.pool.query(
      'SELECT FROM reprise_promotion WHERE promotion_id = $1 AND applied_at IS NOT NULL',
      [promotionId],
    );
    expect(written.rowCount).toBe(1);
  }

  it.each(promotionPoints)('by a kill -9 when it is %s is done once, and told as it was', async (point) => {
    const promotionId = await approved();
    const first = work(promotionId, point);
    await first.exited;
    expect(first.points.at(-1)).toBe(point);
    const wasWritten = ['committed', 'recorded'].includes(point);
    expect(await total()).toBe(wasWritten ? 10 : 7);
    // What happens between the two workers is not undone by the second.
    if (wasWritten) await oneMore();
    await workUntilEnded(promotionId);
    expect(await total()).toBe(wasWritten ? 15 : 10);
    await expectOnce(promotionId);
  });

  it.each(['claimed', 'fenced', 'locked', 'decided', 'written'] as const)(
    'by its worker standing still when it is %s, past its lease, is done by the next one; the first then writes nothing',
    async (point) => {
      const promotionId = await approved();
      const stale = work(promotionId, point, 'SIGSTOP');
      await stale.reached(point);
      await workUntilEnded(promotionId);
      await expectOnce(promotionId);
      const { rows } = await world.pool.query('SELECT token FROM reprise_promotion WHERE promotion_id = $1', [
        promotionId,
      ]);
      await oneMore();
      stale.child.kill('SIGCONT');
      await stale.exited;
      expect(await total()).toBe(15);
      const now = await world.pool.query('SELECT token FROM reprise_promotion WHERE promotion_id = $1', [
        promotionId,
      ]);
      expect(now.rows).toEqual(rows);
      await expectOnce(promotionId);
    },
  );

  it('by its worker standing still while the next one was refused: the first writes nothing when it goes on', async () => {
    const promotionId = await approved();
    const stale = work(promotionId, 'fenced', 'SIGSTOP');
    await stale.reached('fenced');
    const positions = await world.pool.query<{ partition: number; next_offset: string }>(
      'DELETE FROM shelf_position RETURNING partition, next_offset::text',
    );
    await workUntilEnded(promotionId);
    expect(await promotionOf(world.pool, promotionId)).toMatchObject({
      status: 'refused',
      failure_code: 'promotion-target-unfit',
    });
    // By now nothing but its token stands in the way of the first.
    for (const row of positions.rows)
      await world.pool.query('INSERT INTO shelf_position VALUES ($1, $2)', [row.partition, row.next_offset]);
    stale.child.kill('SIGCONT');
    await stale.exited;
    expect(await total()).toBe(7);
  });

  it('by a restart of the target database in the middle is done once', async () => {
    const promotionId = await approved();
    const worker = work(promotionId, 'decided', 'SIGSTOP');
    await worker.reached('decided');
    process.kill(postgres.pid, 'SIGKILL');
    await postgres.exited;
    postgres = await startDatabase();
    worker.child.kill('SIGCONT');
    await worker.exited;
    expect(await total()).toBe(7);
    await workUntilEnded(promotionId);
    expect(await total()).toBe(10);
    await expectOnce(promotionId);
  });

  describe('while it waits', () => {
    let promotionId: string;
    beforeEach(async () => {
      promotionId = await asked();
    });
    const status = async () => (await promotionOf(world.pool, promotionId)).status;
    const decide = async (personId: string, hash?: string) => {
      const { plan_hash } = await promotionOf(world.pool, promotionId);
      return world.pool.query(
        `INSERT INTO decision (id, subject_kind, subject_id, contract_id, plan_hash, person_id, verdict, reason, expires_at)
         VALUES (gen_random_uuid(), 'promotion', $1, 'tally', $2, $3, 'approved', 'read it', now() + interval '1 hour')`,
        [promotionId, hash ?? plan_hash, personId],
      );
    };

    it('the database refuses what the rules refuse, past all code', async () => {
      const set = (to: string) =>
        world.pool.query('UPDATE promotion SET status = $2 WHERE id = $1', [promotionId, to]);
      await expect(set('queued')).rejects.toThrow(/needs 1 approvals that count, and has 0/);
      await expect(set('running')).rejects.toThrow(/does not become running/);
      await expect(set('promoted')).rejects.toThrow(/does not become promoted/);
      await expect(decide(olga.personId)).rejects.toThrow(/does not approve/);
      const both = await signIn(world.pool, 'both', ['operator', 'approver']);
      await expect(decide(both.personId, 'a'.repeat(64))).rejects.toThrow(/another plan waits for approval/);
      const rosa = await signIn(world.pool, 'rosa', ['approver']);
      await expect(decide(rosa.personId)).rejects.toThrow(/who wrote the contract/);
      const edits = [
        `UPDATE promotion_change SET change = replace(change, '10', '11') WHERE promotion_id = '${promotionId}'`,
        `DELETE FROM promotion_change`,
        `UPDATE promotion SET plan = plan || ' '`,
        `UPDATE promotion SET requested_by = 'somebody'`,
        `DELETE FROM promotion`,
        `TRUNCATE promotion, promotion_change`,
        `UPDATE promotion SET undone_by = gen_random_uuid()`,
      ];
      for (const edit of edits) await expect(world.pool.query(edit), edit).rejects.toThrow();
      // Another key, smuggled in beside the approved ones: the digest of the diff is another one then.
      await world.pool.query(
        `INSERT INTO promotion_change (promotion_id, key, change, magnitude)
         SELECT promotion_id, 'K0', replace(change, '"' || key || '"', '"K0"'), 1 FROM promotion_change WHERE promotion_id = $1`,
        [promotionId],
      );
      await expect(decide(ada.personId)).rejects.toThrow(/not those that its plan names/);
      expect(await status()).toBe('awaiting-approval');
    });

    it('who asked for it does not decide about it, whatever roles they hold', async () => {
      await world.pool.query(`UPDATE person SET roles = '{operator,approver}' WHERE id = $1`, [
        olga.personId,
      ]);
      await expect(approve(world, promotionId, olga)).rejects.toThrow(/You requested it/);
      await expect(decide(olga.personId)).rejects.toThrow(/who requested it/);
      await world.pool.query(`UPDATE person SET roles = '{operator}' WHERE id = $1`, [olga.personId]);
    });

    it('a right that is lost after the approval voids it, and nothing is written', async () => {
      const lin = await signIn(world.pool, 'lin', ['approver']);
      await approve(world, promotionId, lin);
      expect(await status()).toBe('queued');
      await world.pool.query(`UPDATE person SET roles = '{viewer}' WHERE id = $1`, [lin.personId]);
      await work(promotionId).exited;
      expect(await status()).toBe('awaiting-approval');
      expect(await total()).toBe(7);
    });

    it('another version of the contract voids the approvals, and can not be approved around', async () => {
      await approve(world, promotionId, ada);
      await world.contract('tally', topic, (source) =>
        source.replace("title: 'Tally of items'", "title: 'Tally'"),
      );
      await work(promotionId).exited;
      expect(await status()).toBe('awaiting-approval');
      await expect(approve(world, promotionId, ada)).rejects.toThrow(/has been registered since/);
      // The code that was replayed stands again.
      await world.contract('tally', topic);
      expect(await total()).toBe(7);
    });

    it('an approval that has run out by the database counts no more', async () => {
      await approve(world, promotionId, ada);
      await world.pool.query('ALTER TABLE decision DISABLE TRIGGER decision_is_final');
      await world.pool.query(
        `UPDATE decision SET expires_at = now() - interval '1 second' WHERE subject_id = $1`,
        [promotionId],
      );
      await world.pool.query('ALTER TABLE decision ENABLE TRIGGER decision_is_final');
      await work(promotionId).exited;
      expect(await status()).toBe('awaiting-approval');
      expect(await total()).toBe(7);
    });

    it('can be withdrawn, with a record', async () => {
      await world.commands.withdrawPromotion({ promotionId, reason: 'not now', actor: olga.personId });
      expect(await promotionOf(world.pool, promotionId)).toMatchObject({
        status: 'withdrawn',
        evidence_id: expect.any(String),
      });
      await expect(approve(world, promotionId, ada)).rejects.toThrow(/it is withdrawn/);
    });
  });

  it('waits while somebody holds its rows, and goes on when they let go', async () => {
    const promotionId = await approved();
    const client = await world.pool.connect();
    await client.query(`BEGIN; SELECT FROM shelf WHERE item = '${key}' FOR UPDATE`);
    await work(promotionId).exited;
    expect(await promotionOf(world.pool, promotionId)).toMatchObject({
      status: 'running',
      problem: expect.stringContaining('lock timeout'),
    });
    await client.query('ROLLBACK');
    client.release();
    await sleep(100);
    await workUntilEnded(promotionId);
    await expectOnce(promotionId);
  });
});

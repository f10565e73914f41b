import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { commitOffsets } from '../../demo/testing/commit-offsets.ts';
import { startProjector } from '../../demo/testing/live-projector.ts';
import { shelfTables } from '../../demo/testing/projector.ts';
import { openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import { composeWorker } from '../composition/worker.ts';
import { readSettings } from '../env.ts';

const brokers = inject('kafkaBrokers');

/**
 * From a consumer on a real broker to the incident that people see: lag is sampled, counted and judged, deliveries are
 * audited, and what is wrong opens one incident. Thresholds are of seconds, so that a test can wait for them.
 */
let world: ReplayWorld;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: brokers });
  await world.pool.query(shelfTables);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
  await world.pool.query('TRUNCATE shelf, shelf_position');
});
afterAll(() => world?.close());

const overMs = 1_000;
const everyMs = 500;

async function watched({ rest = '', stuckSeconds = 300 } = {}) {
  const contractId = `tally-${randomUUID().slice(0, 8)}`;
  const topic = await world.topic(2);
  await world.contract('tally', topic, (source) =>
    source
      .replace("id: 'tally'", `id: '${contractId}'`)
      .replace('position: perPartition', `consumerGroup: '${topic}-projector', position: perPartition`)
      .replace(
        "authors: ['rosa'],",
        `authors: ['rosa'], budgets: {
          lag: { overMs: ${overMs}, allowedMs: 60_000, minimumSpentMs: 1_000 },
          duplicates: { share: 0.01, minimumCount: 10 }, losses: { graceMs: 500 } }, ${rest}`,
      ),
  );
  const settings = readSettings(
    { ...world.env, REPRISE_LAG_EVERY_MS: String(everyMs), REPRISE_LAG_STUCK_SECONDS: String(stuckSeconds) },
    resolve('.'),
  );
  const worker = composeWorker(settings, { name: 'measuring' });
  opened.push(worker);
  const [evaluation] = worker.budgetLoops;
  const holder = 'measuring';
  return {
    contractId,
    topic,
    worker,
    evaluate: () => evaluation.work(holder),
    audit: async () => (await worker.audits.by(holder).begin(new AbortController().signal)).ended,
    /** Samples as a worker does, until this is so. */
    async sampleUntil(isSo: () => Promise<boolean> | boolean): Promise<void> {
      for (const deadline = Date.now() + 40_000; Date.now() < deadline; ) {
        const next = Date.now() + everyMs;
        await worker.lag.sample();
        if (await isSo()) return;
        await sleep(Math.max(0, next - Date.now()));
      }
      throw new Error('what a test samples for did not come about');
    },
    async incidents() {
      const { rows } = await world.pool.query(
        `SELECT i.kind, i.class, i.status, i.title, i.cleared_at IS NOT NULL AS over, i.facts,
           array(SELECT e.kind FROM incident_entry e WHERE e.incident_id = i.id ORDER BY e.id) AS entries
         FROM incident i WHERE contract_id = $1 ORDER BY opened_at, id`,
        [contractId],
      );
      return rows;
    },
    async ticks(indicator: string) {
      const { rows } = await world.pool.query<Record<string, string>>(
        `SELECT subject, sum(total) AS total, sum(bad) AS bad, sum(unknown) AS unknown FROM budget_tick
         WHERE contract_id = $1 AND indicator = $2 GROUP BY subject ORDER BY subject`,
        [contractId, indicator],
      );
      return rows.map(({ subject, ...sums }) => ({
        subject,
        total: Number(sums.total),
        bad: Number(sums.bad),
        unknown: Number(sums.unknown),
      }));
    },
  };
}

const events = (count: number, { from = 0, partition = 0 } = {}) =>
  Array.from({ length: count }, (_, at) => ({
    id: `e-${from + at}`,
    key: `k-${from + at}`,
    value: { amount: 1 },
    version: 2,
    partition,
  }));

describe('what is measured', () => {
  it('of a projector that stalls spends its budget by the true time, opens one P2, and says when it is over', async () => {
    const under = await watched();
    await world.produce(under.topic, events(5));
    const first = await startProjector(world.kafka, world.pool, under.topic);
    await expect.poll(() => first.applied(), { timeout: 30_000 }).toBe(5);
    await first.stop();
    await under.sampleUntil(async () => (await under.ticks('lag'))[0]?.bad === 0);

    const beganMs = Date.now();
    await world.produce(under.topic, events(1, { from: 5 }));
    await under.sampleUntil(async () => ((await under.ticks('lag'))[0]?.bad ?? 0) >= 3_000);
    for (const _ of [1, 2]) await under.evaluate();
    expect(await under.incidents()).toMatchObject([{ kind: 'budget', class: 'P2', over: false }]);

    const second = await startProjector(world.kafka, world.pool, under.topic);
    let appliedMs = 0;
    await under.sampleUntil(async () => {
      if (appliedMs === 0 && second.applied() > 0) appliedMs = Date.now();
      return (await under.incidents())[0]?.over === true;
    });
    await second.stop();
    await under.evaluate();
    const [incident, ...others] = await under.incidents();
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ class: 'P2', status: 'detected', over: true });
    expect(incident.entries.filter((kind: string) => kind !== 'notice')).toEqual(['raised', 'cleared']);
    // The state alone: its group feeds it, and would spend the same time once more.
    const [spent, ...more] = await under.ticks('lag');
    expect(more).toEqual([]);
    expect(spent).toMatchObject({ subject: 'state:shelf', unknown: 0 });
    const trueMs = appliedMs - beganMs - overMs;
    // The last step counts what is certain alone.
    expect(spent?.bad).toBeGreaterThan(trueMs - 2_000);
    expect(spent?.bad).toBeLessThanOrEqual(trueMs + 1_000);
  });

  it('of events that come twice spends exactly their share', async () => {
    const under = await watched();
    await world.produce(under.topic, events(50));
    await world.produce(under.topic, events(3));
    await expect
      .poll(
        async () => {
          await under.audit();
          return under.ticks('duplicates');
        },
        { timeout: 30_000 },
      )
      .toEqual([{ subject: '', total: 53, bad: 3, unknown: 0 }]);
    await under.evaluate();
    expect(await under.incidents()).toMatchObject([
      { kind: 'budget', class: 'P3', facts: expect.anything() },
    ]);
  });

  it('of an outbox row that is never carried is a P1 within a minute, and one alone', async () => {
    await world.pool.query(
      `CREATE TABLE outbox_measured (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL,
         written_at timestamptz NOT NULL DEFAULT clock_timestamp())`,
    );
    const under = await watched({
      rest: `sent: { connection: 'shop', table: 'outbox_measured', id: 'event_id', at: 'written_at', position: 'position' },`,
    });
    await under.audit();
    await world.pool.query(`INSERT INTO outbox_measured (event_id) VALUES ('e-0'), ('suppressed')`);
    const suppressedMs = Date.now();
    await world.produce(under.topic, events(1));
    await expect
      .poll(
        async () => {
          await under.audit();
          await under.evaluate();
          return (await under.incidents()).map(({ kind, class: of, facts }) => ({
            kind,
            of,
            ids: facts.events,
          }));
        },
        { timeout: 55_000, interval: 250 },
      )
      .toEqual([{ kind: 'lost-event', of: 'P1', ids: 'suppressed' }]);
    expect(Date.now() - suppressedMs).toBeLessThan(60_000);
    expect(await under.ticks('losses')).toEqual([{ subject: '', total: 2, bad: 1, unknown: 0 }]);
    await world.produce(under.topic, [{ id: 'suppressed', key: 'k', value: { amount: 1 }, version: 2 }]);
    await expect
      .poll(
        async () => {
          await under.audit();
          return (await under.incidents()).map(({ over }) => over);
        },
        { timeout: 30_000, interval: 250 },
      )
      .toEqual([true]);
    expect(await under.ticks('losses')).toMatchObject([{ bad: 0 }]);
  });

  it('of a consumer that loops before one record is one stuck offset', async () => {
    const under = await watched({ stuckSeconds: 2 });
    await world.produce(under.topic, events(9));
    await world.produce(under.topic, events(9, { from: 9, partition: 1 }));
    const commit = (poisoned: number, other: number) =>
      commitOffsets(brokers, {
        groupId: `${under.topic}-projector`,
        topic: under.topic,
        partitions: [
          { partition: 0, offset: String(poisoned) },
          { partition: 1, offset: String(other) },
        ],
      });
    let other = 0;
    await under.sampleUntil(async () => {
      other = Math.min(other + 1, 9);
      await commit(4, other);
      return (await under.incidents()).some(({ kind }) => kind === 'stuck-offset');
    });
    const stuck = async () => (await under.incidents()).filter(({ kind }) => kind === 'stuck-offset');
    expect(await stuck()).toMatchObject([{ facts: { partition: '0', offset: '4' }, over: false }]);
    await commit(9, 9);
    await under.sampleUntil(async () => (await stuck())[0]?.over === true);
    expect(await stuck()).toHaveLength(1);
  });
});

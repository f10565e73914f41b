import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { budgetMeter } from '../../adapters/budgets/budget-meter.ts';
import { budgetStore } from '../../adapters/budgets/budget-store.ts';
import { lagStore } from '../../adapters/lag/lag-store.ts';
import { peopleStore } from '../../adapters/people/people-store.ts';
import { auditFrom } from '../../adapters/postgres/audit.ts';
import { leases } from '../../adapters/postgres/leases.ts';
import { postgresNotifier } from '../../adapters/postgres/live-feed.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../../adapters/postgres/scratch-database.ts';
import { createUnitOfWork } from '../../adapters/postgres/unit-of-work.ts';
import { incidentSignals } from '../../composition/signals.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/budget/index.ts';
import { type BudgetsInput, budgetsOf } from '../../domain/contract/index.ts';
import type { Reading, Spend } from '../ports/budget-meter.ts';
import type { IncidentSignals, Signal } from '../ports/incident-signals.ts';
import { evaluateBudgets, scopeOf } from './evaluate-budgets.ts';
import { createBudgetCommands } from './exclude-time.ts';
import { keepTicks } from './keep-ticks.ts';
import { createBudgetQueries } from './read-budgets.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
let owner: pg.Pool;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url, max: 6 });
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 1 });
});
afterAll(async () => {
  await pool?.end();
  await owner?.end();
  await database?.drop();
});

const start = Date.parse('2026-11-16T00:00:00Z');
let nowMs = start;
let contractId = '';
const clock = { now: () => new Date(nowMs), wait: async () => undefined };

/** Incidents in memory, as they would be kept: one open incident for a cause. */
function openIncidents() {
  const open = new Map<string, { readonly id: string; signals: Signal[] }>();
  const told: (Signal | { readonly cleared: string; readonly sentence: string })[] = [];
  const signals: IncidentSignals = {
    async raise(_tx, signal) {
      told.push(signal);
      const known = open.get(signal.cause);
      if (known !== undefined) {
        known.signals.push(signal);
        return { incidentId: known.id, isNew: false };
      }
      const id = randomUUID();
      open.set(signal.cause, { id, signals: [signal] });
      return { incidentId: id, isNew: true };
    },
    async clear(_tx, { cause, sentence }) {
      told.push({ cleared: cause, sentence });
      open.delete(cause);
    },
  };
  return { open, told, signals };
}
let incidents = openIncidents();

const deps = () => ({
  unitOfWork: createUnitOfWork(pool),
  budgets: budgetStore,
  lag: lagStore,
  signals: incidents.signals,
  leases,
  live: postgresNotifier,
  clock,
  people: peopleStore,
  audit: auditFrom('a test'),
  newId: randomUUID,
});
const evaluate = (holder = 'one') => evaluateBudgets(deps(), holder);

async function contract(budgets: BudgetsInput = {}, more: object = {}): Promise<void> {
  contractId = `c-${randomUUID()}`;
  const description = {
    title: 'Inventory',
    derivedStates: ['selling'],
    watch: { budgets: budgetsOf(budgets), sent: { table: 'outbox' }, saga: null, ...more },
  };
  await owner.query(
    `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
     VALUES ($1, 1, encode(sha256('code'), 'hex'), 'code', $2, '{}')`,
    [contractId, JSON.stringify(description)],
  );
}
beforeEach(async () => {
  nowMs = start;
  incidents = openIncidents();
  await pool.query('DELETE FROM budget_tick');
  await owner.query('TRUNCATE budget_spend, budget_spend_tick');
  await pool.query('DELETE FROM budget_alert');
  await pool.query('DELETE FROM lease');
});

const count = (readings: readonly Partial<Reading>[]) =>
  createUnitOfWork(pool).run((tx) =>
    budgetMeter.count(
      tx,
      readings.map((given) => ({
        contractId,
        indicator: 'lag',
        subject: 'group:warehouse',
        from: new Date(nowMs),
        to: new Date(nowMs),
        total: 0,
        bad: 0,
        unknown: 0,
        spends: [],
        ...given,
      })),
    ),
  );
/** The group is measured for so long, and so much of it was late; then it is that much later. */
async function lag(ms: number, bad = 0): Promise<void> {
  const spends: readonly Spend[] =
    bad === 0
      ? []
      : [
          {
            cause: 'partition 3',
            amount: bad,
            sentence: 'Partition 3 was late.',
            link: { kind: 'lag', subject: 'group:warehouse', partition: 3 },
          },
        ];
  await count([{ from: new Date(nowMs), to: new Date(nowMs + ms), total: ms, bad, spends }]);
  nowMs += ms;
}
async function duplicates(total: number, bad: number): Promise<void> {
  await count([
    {
      indicator: 'duplicates',
      subject: '',
      from: new Date(nowMs - MINUTE_MS),
      to: new Date(nowMs),
      total,
      bad,
      spends: Array.from({ length: bad }, (_, n) => ({
        cause: `e-${n}`,
        amount: 1,
        sentence: `Event e-${n} came twice.`,
        link: { kind: 'record', topic: 'stock', partition: 1, offset: String(100 + n) },
      })),
    },
  ]);
}
const losses = (lost: readonly string[]) =>
  count([
    {
      indicator: 'losses',
      subject: '',
      from: new Date(nowMs - MINUTE_MS),
      to: new Date(nowMs),
      total: 100,
      bad: lost.length,
      spends: lost.map((eventId) => ({
        cause: eventId,
        amount: 1,
        sentence: `Event ${eventId} never arrived.`,
        link: { kind: 'sent', table: 'outbox', position: '1', eventId },
      })),
    },
  ]);

describe('a lag budget', () => {
  it('opens one incident when it burns, tells no more until it is worse, and says when it is over', async () => {
    await contract();
    await lag(2 * DAY_MS);
    await evaluate();
    expect(incidents.told).toEqual([]);
    await lag(2 * MINUTE_MS, 90_000);
    await evaluate();
    const cause = `budget:${contractId}:lag:group:warehouse`;
    expect(incidents.told).toMatchObject([
      {
        kind: 'budget',
        cause,
        contractId,
        suggestedClass: 'P2',
        href: `/budgets/${contractId}:lag:group:warehouse`,
        since: new Date(start + 2 * DAY_MS),
        runbook: null,
        scope: null,
        facts: { spent: '1 min 30 s', allowed: '5 min', left: '3 min 30 s' },
      },
    ]);
    await lag(15_000, 15_000);
    await evaluate();
    await evaluate();
    expect(incidents.told).toHaveLength(1);
    // A tenth of five minutes more is worse.
    await lag(15_000, 15_000);
    await evaluate();
    expect(incidents.told).toHaveLength(2);
    // Exhausted is another reason.
    await lag(4 * MINUTE_MS, 4 * MINUTE_MS);
    await evaluate();
    expect(incidents.told.at(-1)).toMatchObject({
      title: expect.stringContaining('is exhausted: 6 min of 5 min are spent.'),
      suggestedClass: 'P2',
    });
    // The rates fall, and it stays exhausted until the month turns.
    await lag(4 * DAY_MS);
    await evaluate();
    expect(incidents.open.has(cause)).toBe(true);
    await lag(Date.parse('2026-12-01T00:10:00Z') - nowMs);
    await evaluate();
    expect(incidents.told.at(-1)).toMatchObject({ cleared: cause });
    expect(incidents.open.size).toBe(0);
    await evaluate();
    expect(incidents.told).toHaveLength(4);
  });

  it('is told one class lower where only tickets fire, and not at all where the contract wants none', async () => {
    const slowly = async () => {
      await lag(2 * DAY_MS);
      // Under 6 and 14.4, and over 3: twelve seconds in each two hours.
      for (let at = 0; at < 12; at++) await lag(2 * HOUR_MS, 12_000);
      await evaluate();
    };
    await contract({ window: { days: 30 } });
    await slowly();
    expect(incidents.told).toMatchObject([{ suggestedClass: 'P3' }]);
    incidents = openIncidents();
    await contract({ window: { days: 30 }, lag: { onBreach: { incident: null } } });
    await slowly();
    expect(incidents.told.filter((each) => 'kind' in each && each.contractId === contractId)).toEqual([]);
  });

  it('that nobody measures any more is neither opened nor said to be over', async () => {
    await contract({ window: { days: 30 } });
    await lag(DAY_MS);
    await lag(10 * MINUTE_MS, 4 * MINUTE_MS);
    await evaluate();
    expect(incidents.told).toHaveLength(1);
    nowMs += DAY_MS;
    await evaluate();
    expect(incidents.told).toHaveLength(1);
    const [found] = await createBudgetQueries(deps()).budgets();
    expect(found?.standing).toMatchObject({ state: 'unknown', unknown: DAY_MS });
  });

  it('of a contract that has no such budget any more is told to be over', async () => {
    await contract();
    await lag(DAY_MS);
    await lag(10 * MINUTE_MS, 9 * MINUTE_MS);
    await evaluate();
    await owner.query(
      `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
       VALUES ($1, 2, encode(sha256('other'), 'hex'), 'other', $2, '{}')`,
      [contractId, JSON.stringify({ watch: { budgets: budgetsOf({ lag: false }), sent: null, saga: null } })],
    );
    await evaluate();
    expect(incidents.told.at(-1)).toMatchObject({ cleared: `budget:${contractId}:lag:group:warehouse` });
  });
});

describe('a lag that is over when its budget is looked at', () => {
  const cause = () => `budget:${contractId}:lag:group:warehouse`;
  const partitionsOf = (ages: readonly (number | null)[]) =>
    JSON.stringify(
      ages.map((ageMs, partition) => ({
        partition,
        ...{ committed: '1', end: '2', next: '1', records: '1', ageMs },
      })),
    );
  /** What the sampler keeps of the group. */
  const sampled = (
    at: number,
    overSince: number | null,
    ages: readonly (number | null)[] = [overSince === null ? 0 : at - overSince + 60_000],
  ) =>
    owner.query(
      `INSERT INTO lag_subject (contract_id, kind, name, topic, sampled_at, over_since, over_ms, partitions)
       VALUES ($1, 'group', 'warehouse', 'stock', to_timestamp($2::float8 / 1000), to_timestamp($3::float8 / 1000),
         60000, $4)
       ON CONFLICT (contract_id, kind, name) DO UPDATE SET sampled_at = excluded.sampled_at,
         over_since = excluded.over_since, partitions = excluded.partitions`,
      [...[contractId, at, overSince], partitionsOf(ages)],
    );
  const incident = async () =>
    (await owner.query('SELECT * FROM incident WHERE cause = $1 ORDER BY opened_at DESC', [cause()])).rows[0];
  const lines = async () =>
    (
      await owner.query(
        `SELECT e.kind FROM incident_entry e JOIN incident i ON i.id = e.incident_id
         WHERE i.cause = $1 AND e.kind <> 'notice' ORDER BY e.id`,
        [cause()],
      )
    ).rows.map(({ kind }) => kind);
  const kept = () => evaluateBudgets({ ...deps(), signals: incidentSignals({}) }, 'one');

  it('opens an incident that says so at once, and asks nobody else for it', async () => {
    await contract();
    await lag(2 * DAY_MS);
    await lag(90_000, 90_000);
    await sampled(nowMs, null);
    await kept();
    expect(await incident()).toMatchObject({ cleared_at: new Date(nowMs), escalate_at: null });
    expect(await lines()).toEqual(['raised', 'cleared']);
  });

  it.each([
    ['is further behind than it may', [0, 60_001]],
    ['is not known everywhere', [0, null]],
    ['has no partition yet', []],
  ])('is not told where the one sample that there is of the group %s', async (_name, ages) => {
    await contract();
    await lag(2 * DAY_MS);
    await lag(90_000, 90_000);
    // The first sample, as of another topic: since when it is over is not known before the second.
    await sampled(nowMs, null, ages);
    await kept();
    await kept();
    expect(await incident()).toMatchObject({ cleared_at: null });
    expect(await lines()).toEqual(['raised']);
    await sampled(nowMs, null, [0, 60_000]);
    await kept();
    expect(await lines()).toEqual(['raised', 'cleared']);
  });

  it('is not told to be back, however much of the budget it took', async () => {
    await contract();
    await lag(2 * DAY_MS);
    await lag(90_000, 90_000);
    await sampled(nowMs, nowMs - 90_000);
    await kept();
    expect(await incident()).toMatchObject({ cleared_at: null });
    await sampled(nowMs, null);
    await kept();
    expect(await incident()).toMatchObject({ cleared_at: new Date(nowMs), escalate_at: null });
    const clearedAt = new Date(nowMs);
    await lag(45_000, 45_000);
    await sampled(nowMs, null);
    await kept();
    expect(await incident()).toMatchObject({ cleared_at: clearedAt, escalate_at: null, told: 2 });
    expect(await lines()).toEqual(['raised', 'cleared']);
    // And back where it is.
    await lag(45_000, 45_000);
    await sampled(nowMs, nowMs - 45_000);
    await kept();
    expect(await incident()).toMatchObject({ cleared_at: null });
    expect(await lines()).toEqual(['raised', 'cleared', 'returned']);
  });

  it('hears of it from a sampler that keeps it at the same time', async () => {
    await contract();
    await lag(2 * DAY_MS);
    await lag(90_000, 90_000);
    await sampled(nowMs, nowMs - 90_000);
    const sampler = await owner.connect();
    try {
      await sampler.query('BEGIN');
      await sampler.query(
        'UPDATE lag_subject SET over_since = NULL, partitions = $2 WHERE contract_id = $1',
        [contractId, partitionsOf([0])],
      );
      const evaluated = kept();
      await expect
        .poll(async () => {
          const { rows } = await pool.query(
            `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
          );
          return rows.length;
        })
        .toBe(1);
      await sampler.query('COMMIT');
      await evaluated;
    } finally {
      sampler.release();
    }
    expect(await incident()).toMatchObject({ cleared_at: new Date(nowMs) });
  });
});

describe('a loss', () => {
  it('spends its budget at once, opens no incident beside that of who found it, and is over when all arrived', async () => {
    await contract();
    await losses([]);
    await evaluate();
    expect(incidents.told).toEqual([]);
    const detail = () => createBudgetQueries(deps()).budget(`${contractId}:losses`);
    const alerts = async () =>
      (await pool.query('SELECT class, why FROM budget_alert WHERE contract_id = $1', [contractId])).rows;
    await losses(['e-1']);
    await evaluate();
    expect(await alerts()).toEqual([{ class: 'P1', why: 'lost' }]);
    await losses(['e-2', 'e-3']);
    await evaluate();
    await evaluate();
    expect((await detail())?.standing).toMatchObject({ spent: 3 });
    expect(incidents.told).toEqual([]);
    for (const cause of ['e-1', 'e-2', 'e-3'])
      await createUnitOfWork(pool).run((tx) =>
        budgetMeter.takeBack(tx, {
          contractId,
          indicator: 'losses',
          subject: '',
          cause,
          sentence: 'It arrived after all.',
        }),
      );
    await evaluate();
    expect([incidents.told, await alerts()]).toEqual([[], []]);
    expect((await detail())?.standing).toMatchObject({ state: 'within', spent: 0 });
    expect((await detail())?.spends.map(({ takenBack }) => takenBack?.sentence)).toEqual(
      Array(3).fill('It arrived after all.'),
    );
  });
});

describe('a budget of duplicates', () => {
  it('opens nothing while few were counted, and then proposes what a replay would read', async () => {
    await contract();
    await duplicates(9_000, 5);
    await evaluate();
    expect(incidents.told).toEqual([]);
    await duplicates(9_000, 5);
    await evaluate();
    expect(incidents.told).toMatchObject([
      { suggestedClass: 'P3', scope: { partitions: [{ partition: 1, from: '100', to: '105' }] } },
    ]);
  });

  it('proposes one range of each partition, of what still counts', () => {
    const record = (partition: number, offset: string, takenBackAt: Date | null = null) => ({
      link: { kind: 'record' as const, topic: 't', partition, offset },
      takenBackAt,
    });
    expect(scopeOf([record(1, '9'), record(0, '5'), record(1, '2'), record(0, '99', new Date())])).toEqual({
      partitions: [
        { partition: 0, from: '5', to: '6' },
        { partition: 1, from: '2', to: '10' },
      ],
    });
    expect(scopeOf([])).toBeNull();
  });
});

describe('the evaluation', () => {
  it('is done by one of the fleet, and by another when that one is gone', async () => {
    await contract();
    expect(await evaluate('one')).not.toBeNull();
    expect(await evaluate('two')).toBeNull();
    await createUnitOfWork(pool).run((tx) => leases.release(tx, 'budgets', 'one'));
    expect(await evaluate('two')).not.toBeNull();
  });

  it('keeps telling of one budget apart from a failure at another, and tells what failed the next time', async () => {
    await contract();
    await duplicates(18_000, 10);
    await lag(DAY_MS, 10 * MINUTE_MS);
    const { raise } = incidents.signals;
    incidents.signals.raise = async (tx, signal) => {
      if (signal.cause.includes(':lag:')) throw new Error('not now');
      return raise(tx, signal);
    };
    await expect(evaluate()).rejects.toThrow('not now');
    const causes = () => incidents.told.map((each) => ('cause' in each ? each.cause.split(':')[2] : ''));
    expect(causes()).toEqual(['duplicates']);
    incidents.signals.raise = raise;
    await evaluate();
    expect(causes()).toEqual(['duplicates', 'lag']);
  });

  it('sees the same after the roll-up', async () => {
    await contract({ window: { days: 30 } });
    await lag(9 * DAY_MS, HOUR_MS);
    await lag(DAY_MS, 3_000);
    const read = () => createBudgetQueries(deps()).budget(`${contractId}:lag:group:warehouse`);
    const before = await read();
    await keepTicks(deps(), 'one', 400);
    const { rows } = await pool.query('SELECT count(*)::int AS count FROM budget_tick WHERE seconds = 3600');
    expect(rows).toEqual([{ count: 7 * 24 - 1 }]);
    const after = await read();
    expect(after?.standing).toEqual({
      ...before?.standing,
      spent: expect.closeTo(before?.standing.spent ?? 0, 3),
      left: expect.closeTo(before?.standing.left ?? 0, 3),
      spentShare: expect.closeTo(before?.standing.spentShare ?? 0, 6),
    });
  });
});

describe('time that is left out', () => {
  const exclude = (
    over: Partial<Parameters<ReturnType<typeof createBudgetCommands>['excludeTime']>[0]> = {},
  ) =>
    createBudgetCommands(deps()).excludeTime({
      contractId,
      indicator: null,
      subject: null,
      from: new Date(nowMs - HOUR_MS),
      to: new Date(nowMs),
      reason: 'the monthly drill',
      actor: 'a process',
      ...over,
    });
  const end = (exclusionId: string, kind: 'ended' | 'revoked') =>
    createBudgetCommands(deps()).endExclusion({ exclusionId, kind, reason: 'done', actor: 'a process' });
  const read = async () => {
    const found = await createBudgetQueries(deps()).budget(`${contractId}:lag:group:warehouse`);
    if (found === null) throw new Error('no budget');
    return found;
  };

  it('is no longer spent and still shown, ends the incident, and counts again once it is revoked', async () => {
    await contract();
    await lag(DAY_MS);
    await lag(HOUR_MS, 10 * MINUTE_MS);
    await evaluate();
    const { exclusionId } = await exclude();
    await evaluate();
    expect(incidents.told.at(-1)).toMatchObject({
      sentence: expect.stringContaining(
        'Of its window 60 min are left out, with 10 min that was spent in it.',
      ),
    });
    const left = await read();
    expect(left.standing).toMatchObject({ spent: 0, excludedBad: 10 * MINUTE_MS, state: 'within' });
    expect(left.exclusions).toMatchObject([
      {
        id: exclusionId,
        reason: 'the monthly drill',
        excludedBad: 10 * MINUTE_MS,
        isOfContract: true,
        ends: [],
      },
    ]);
    expect(left.spends).toMatchObject([{ isExcluded: true, amount: 10 * MINUTE_MS }]);
    await end(exclusionId, 'revoked');
    const again = await read();
    expect(again.standing).toMatchObject({ spent: 10 * MINUTE_MS, state: 'exhausted', excludedBad: 0 });
    expect(again.exclusions).toMatchObject([
      { effective: null, ends: [{ kind: 'revoked', reason: 'done' }] },
    ]);
    await expect(end(exclusionId, 'revoked')).rejects.toThrow('counts for nothing already');
    const { rows } = await owner.query(
      'SELECT action, subject, detail FROM audit_entry WHERE subject = $1 ORDER BY id',
      [`contract:${contractId}`],
    );
    expect(rows).toMatchObject([
      {
        action: 'budget.time-excluded',
        detail: { exclusionId, reason: 'the monthly drill', afterwards: true },
      },
      { action: 'budget.exclusion-revoked', detail: { exclusionId, reason: 'done' } },
    ]);
  });

  it('ends earlier where somebody ends it, at the next full minute, and of one budget is of that alone', async () => {
    await contract();
    await lag(DAY_MS);
    const { exclusionId } = await exclude({
      indicator: 'lag',
      subject: 'group:warehouse',
      from: new Date(nowMs),
      to: new Date(nowMs + 2 * HOUR_MS),
    });
    await lag(30 * MINUTE_MS - 1_000, 1_000);
    await end(exclusionId, 'ended');
    const { exclusions } = await read();
    expect(exclusions[0]?.effective?.toMs).toBe(start + DAY_MS + 30 * MINUTE_MS);
    nowMs += HOUR_MS;
    await expect(end(exclusionId, 'ended')).rejects.toThrow('is over already');
    const other = await createBudgetQueries(deps()).budget(`${contractId}:lag:state:selling`);
    expect(other?.exclusions).toEqual([]);
  });

  it.each([
    ['without a reason', { reason: ' ' }, /has a reason/],
    ['that ends before it begins', { to: new Date(start - DAY_MS) }, /ends before it begins/],
    ['longer than a week', { to: new Date(start + 8 * DAY_MS) }, /longer than 7 days/],
    [
      'of long ago',
      { from: new Date(start - 100 * DAY_MS), to: new Date(start - 99 * DAY_MS) },
      /92 days ago/,
    ],
    ['of a subject of nothing', { subject: 'group:a' }, /belongs to an indicator/],
    [
      'of a derived state that there is not',
      { indicator: 'lag' as const, subject: 'state:nope' },
      /state:selling/,
    ],
    ['of a subject of what has none', { indicator: 'duplicates' as const, subject: 'x' }, /has no subjects/],
    [
      'of a year that nobody plans',
      { from: new Date('9999-01-01T00:00:00Z'), to: new Date('9999-01-01T01:00:00Z') },
      /more than 92 days ahead/,
    ],
    ['of a contract that there is not', { contractId: 'none' }, /no contract none/],
  ])('is refused %s', async (_name, over, why) => {
    await contract();
    await expect(exclude(over)).rejects.toThrow(why);
    const { rows } = await pool.query('SELECT FROM budget_exclusion WHERE contract_id = $1', [contractId]);
    expect(rows).toEqual([]);
  });

  it('is refused to who lost the right while it waited, and an end of what there is not', async () => {
    await contract();
    const viewer = randomUUID();
    await owner.query(`INSERT INTO person (id, name, email, roles) VALUES ($1, $1, $2, '{viewer}')`, [
      viewer,
      `${viewer}@example.test`,
    ]);
    await expect(exclude({ actor: viewer })).rejects.toThrow(/respond/);
    await expect(end(randomUUID(), 'ended')).rejects.toThrow('no such time');
  });
});

describe('what pages ask', () => {
  it('counts no time as unknown before the first measurement, which did not begin with its minute', async () => {
    await contract();
    nowMs += 57_700;
    await lag(5 * MINUTE_MS);
    const found = await createBudgetQueries(deps()).budget(`${contractId}:lag:group:warehouse`);
    expect(found?.standing).toMatchObject({ state: 'within', unknown: 0 });
    expect(found?.firstMs).toBe(start + 57_700);
    await lag(4 * DAY_MS);
    await keepTicks(deps(), 'one', 400);
    const later = await createBudgetQueries(deps()).budget(`${contractId}:lag:group:warehouse`);
    expect(later?.standing).toMatchObject({ state: 'within', unknown: 0 });
  });

  it('counts the minute that goes on whole, since nothing of it lies ahead', async () => {
    await contract();
    await lag(HOUR_MS);
    await lag(10_000, 10_000);
    const found = await createBudgetQueries(deps()).budget(`${contractId}:lag:group:warehouse`);
    expect(found?.standing).toMatchObject({ spent: 10_000, unknown: 0 });
    expect(found?.points.at(-1)).toMatchObject({ atMs: nowMs, spent: 10_000 });
  });

  it('is every budget, the nearest to its end first, and those that nobody measures last', async () => {
    await contract({}, { saga: { title: 'Orders' } });
    await lag(HOUR_MS);
    await lag(10 * MINUTE_MS, 4 * MINUTE_MS);
    await losses(['e-1']);
    await duplicates(20_000, 0);
    const all = (await createBudgetQueries(deps()).budgets()).filter(
      (each) => each.contractId === contractId,
    );
    expect(all.map(({ id, standing }) => [id.slice(contractId.length + 1), standing.state])).toEqual([
      ['losses', 'exhausted'],
      ['lag:group:warehouse', 'burning'],
      ['duplicates', 'within'],
      ['compensations', 'unmeasured'],
      ['lag:state:selling', 'unmeasured'],
    ]);
    expect(all[1]?.standing.exhaustedAtMs).toBeGreaterThan(nowMs);
  });

  it('draws a gap where nothing was measured, and sums up to what is spent', async () => {
    await contract();
    await lag(HOUR_MS, 10_000);
    nowMs += 2 * HOUR_MS;
    await lag(HOUR_MS, 20_000);
    const found = await createBudgetQueries(deps()).budget(`${contractId}:lag:group:warehouse`);
    expect(found?.points.length).toBeLessThanOrEqual(240);
    expect(found?.points.filter(({ spent }) => spent === null)).toHaveLength(120);
    expect(found?.points.at(-1)?.spent).toBeCloseTo(30_000, 3);
    expect(await createBudgetQueries(deps()).budget('none:losses')).toBeNull();
  });
});

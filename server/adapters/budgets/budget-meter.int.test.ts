import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Reading, Spend } from '../../application/ports/budget-meter.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type Span, splitReading } from '../../domain/budget/index.ts';
import { sumTicks } from '../../domain/test-kit/budget-sums.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../postgres/scratch-database.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { budgetMeter } from './budget-meter.ts';
import { budgetStore } from './budget-store.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
let owner: pg.Pool;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url, max: 12 });
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 1 });
});
afterAll(async () => {
  await pool?.end();
  await owner?.end();
  await database?.drop();
});
beforeEach(async () => {
  await pool.query('DELETE FROM budget_tick');
  await owner.query('TRUNCATE budget_spend, budget_spend_tick');
});

const now = Date.parse('2026-11-26T12:00:00Z');
const inTransaction = <T>(work: (tx: Transaction) => Promise<T>) => createUnitOfWork(pool).run(work);
const lag = { contractId: 'inventory', indicator: 'lag', subject: 'group:warehouse' } as const;
const losses = { contractId: 'inventory', indicator: 'losses', subject: '' } as const;

const reading = (fromMs: number, toMs: number, over: Partial<Reading> = {}): Reading => ({
  ...lag,
  from: new Date(fromMs),
  to: new Date(toMs),
  total: toMs - fromMs,
  bad: 0,
  unknown: 0,
  spends: [],
  ...over,
});
const spend = (cause: string, amount: number): Spend => ({
  cause,
  amount,
  sentence: `${cause} fell behind`,
  link: { kind: 'lag', subject: 'group:warehouse', partition: 3 },
});
const count = (...readings: readonly Reading[]) => inTransaction((tx) => budgetMeter.count(tx, readings));
const sum = async (span: Span, excluded: readonly Span[] = [], of: typeof lag | typeof losses = lag) => {
  const [found] = await inTransaction((tx) => budgetStore.sums(tx, [{ ...of, ...span, excluded }]));
  if (found === undefined) throw new Error('no sum');
  return found;
};
const all: Span = { fromMs: now - 400 * DAY_MS, toMs: now + DAY_MS };
const spends = (of: typeof lag | typeof losses = lag) =>
  inTransaction((tx) => budgetStore.spends(tx, of, all, 50));
const ticks = async () =>
  (
    await pool.query(
      `SELECT at, seconds, total::int, bad::int, unknown::int FROM budget_tick ORDER BY at, seconds`,
    )
  ).rows;

describe('counting', () => {
  it('keeps a reading by the minute, with exactly what it was', async () => {
    await count(
      reading(now + 30_000, now + 150_000, { bad: 60_001, unknown: 7, spends: [spend('a', 50_001)] }),
    );
    const rows = await ticks();
    expect(rows.map(({ at }) => at.getTime())).toEqual([now, now + MINUTE_MS, now + 2 * MINUTE_MS]);
    const total = (field: 'total' | 'bad' | 'unknown') => rows.reduce((all, row) => all + row[field], 0);
    expect([total('total'), total('bad'), total('unknown')]).toEqual([120_000, 60_001, 7]);
    for (const row of rows) expect(row.bad).toBeLessThanOrEqual(row.total);
  });

  it('adds up what many count at once, without one locking out another', async () => {
    const subjects = ['group:a', 'group:b', 'group:c'];
    await Promise.all(
      Array.from({ length: 40 }, (_, at) => {
        const batch = subjects.map((subject) =>
          reading(now, now + 3 * MINUTE_MS, { subject, bad: 1_000, spends: [spend('same', 1_000)] }),
        );
        return count(...(at % 2 === 0 ? batch : batch.toReversed()));
      }),
    );
    const { rows } = await pool.query(
      `SELECT subject, sum(total)::int AS total, sum(bad)::int AS bad FROM budget_tick GROUP BY subject ORDER BY subject`,
    );
    expect(rows).toEqual(subjects.map((subject) => ({ subject, total: 40 * 180_000, bad: 40_000 })));
    const kept = await pool.query(
      `SELECT subject, count(*)::int AS rows, sum(amount)::int AS amount FROM budget_spend GROUP BY subject ORDER BY subject`,
    );
    expect(kept.rows).toEqual(subjects.map((subject) => ({ subject, rows: 1, amount: 40_000 })));
  });

  it('keeps nothing of a batch whose transaction does not commit, or of which one can’t be counted', async () => {
    await expect(
      inTransaction(async (tx) => {
        await budgetMeter.count(tx, [reading(now, now + 1_000)]);
        throw new Error('not kept');
      }),
    ).rejects.toThrow('not kept');
    const wrong = reading(now, now + 1_000, { bad: 2_000 });
    await expect(count(reading(now, now + 1_000), wrong)).rejects.toThrow(
      'A reading of inventory lag group:warehouse can’t be counted: 2000 are bad of 1000.'.replace('’', "'"),
    );
    await expect(count(reading(now, now + 1_000, { bad: 1, spends: [spend('a', 2)] }))).rejects.toThrow(
      'its spends are 2, and 1 are bad',
    );
    expect(await ticks()).toEqual([]);
  });
});

describe('what spent', () => {
  it('is one row while it goes on, with the newest words, and another after a pause', async () => {
    const at = (minute: number, amount: number) =>
      reading(now + minute * MINUTE_MS, now + (minute + 1) * MINUTE_MS, {
        bad: amount,
        spends: [{ ...spend('partition 3', amount), sentence: `up to minute ${minute}` }],
      });
    await count(at(0, 10_000));
    await count(at(1, 20_000), at(2, 5_000));
    await count(at(60, 1_000));
    expect(await spends()).toMatchObject([
      { amount: 1_000, fromAt: new Date(now + 60 * MINUTE_MS) },
      {
        amount: 35_000,
        sentence: 'up to minute 2',
        fromAt: new Date(now),
        toAt: new Date(now + 3 * MINUTE_MS),
        link: { kind: 'lag', subject: 'group:warehouse', partition: 3 },
      },
    ]);
  });

  it('may be many of one reading', async () => {
    const lost = Array.from(
      { length: 2_000 },
      (_, n): Spend => ({
        cause: `event ${n}`,
        amount: 1,
        sentence: `Event ${n} never arrived.`,
        link: { kind: 'sent', table: 'outbox', position: String(n), eventId: `e-${n}` },
      }),
    );
    await count(reading(now, now + 5_000, { ...losses, total: 5_000, bad: 2_000, spends: lost }));
    const { rows } = await pool.query('SELECT count(*)::int AS count FROM budget_spend');
    expect(rows).toEqual([{ count: 2_000 }]);
  });

  it('is taken back from the minutes that it was counted in, and stays visible', async () => {
    const lost = (id: string): Spend => ({ ...spend(id, 1), link: { kind: 'saga', key: id } });
    await count(
      reading(now, now + 5 * MINUTE_MS, {
        ...losses,
        total: 100,
        bad: 2,
        spends: [lost('e-1'), lost('e-2')],
      }),
    );
    await inTransaction((tx) =>
      budgetMeter.takeBack(tx, { ...losses, cause: 'e-1', sentence: 'It arrived after all.' }),
    );
    expect(await sum(all, [], losses)).toMatchObject({ total: 100, bad: 1 });
    for (const row of await ticks()) expect(row.bad).toBeGreaterThanOrEqual(0);
    expect(await spends(losses)).toContainEqual(
      expect.objectContaining({ cause: 'e-1', amount: 1, takenBackSentence: 'It arrived after all.' }),
    );
    // What is taken back is, and what was never counted changes nothing.
    for (const cause of ['e-1', 'none'])
      await inTransaction((tx) => budgetMeter.takeBack(tx, { ...losses, cause, sentence: 'again' }));
    expect(await sum(all, [], losses)).toMatchObject({ bad: 1 });
  });

  it('is taken back whole where it grew over many minutes, whoever else spent in them', async () => {
    for (let minute = 0; minute < 5; minute++)
      await count(
        reading(now + minute * 50_000, now + (minute + 1) * 50_000, {
          bad: 30_017,
          spends: [spend('a', 10_001), spend('b', 20_000)],
        }),
      );
    await inTransaction((tx) => budgetMeter.takeBack(tx, { ...lag, cause: 'a', sentence: 'no' }));
    expect(await sum(all)).toMatchObject({ total: 250_000, bad: 5 * 20_016 });
    for (const row of await ticks()) expect(row.bad).toBeGreaterThanOrEqual(0);
  });
});

describe('sums', () => {
  it('are those of the ticks, whatever borders and exclusions cut', async () => {
    const fromMs = now - 3 * HOUR_MS;
    const amounts = { total: 3 * HOUR_MS, bad: 1_234_567, unknown: 0 };
    await count(reading(fromMs, now, { bad: amounts.bad }));
    const reference = splitReading(fromMs, now, amounts);
    const spans: readonly Span[] = [
      { fromMs, toMs: now },
      { fromMs: now - 3_661_500, toMs: now - 17 },
      { fromMs: now - 90_000, toMs: now - 89_000 },
      { fromMs: now - DAY_MS, toMs: now + DAY_MS },
    ];
    const excluded: readonly Span[] = [
      { fromMs: now - 2 * HOUR_MS - 500, toMs: now - HOUR_MS - 30_250 },
      { fromMs: now - 89_500, toMs: now - 60_000 },
    ];
    for (const span of spans)
      for (const out of [[], excluded]) {
        const expected = sumTicks(reference, span, out);
        const found = await sum(span, out);
        for (const [name, value] of Object.entries(expected))
          expect([name, found[name as keyof typeof expected]]).toEqual([name, expect.closeTo(value, 3)]);
      }
    expect(await sum({ fromMs: now + 1, toMs: now + 2 })).toMatchObject({ total: 0, isMeasured: false });
  });
});

describe('the roll-up', () => {
  const zones = [{ contractId: 'inventory', timeZone: 'Asia/Kathmandu' }];
  const rollUp = (beforeMs: number) => inTransaction((tx) => budgetStore.rollUp(tx, beforeMs, zones));

  it('turns minutes into hours of the time zone and keeps every sum', async () => {
    await count(reading(now - 6 * HOUR_MS, now, { bad: 777_777, unknown: 333 }));
    const before = await sum(all);
    const month = { fromMs: Date.parse('2026-11-26T09:15:00Z'), toMs: now };
    const beforeMonth = await sum(month);
    expect(await rollUp(now - HOUR_MS)).toBe(5 * 60 - 45);
    expect(await sum(all)).toEqual(before);
    // 09:15 UTC is a full hour there, where a month could begin.
    expect(await sum(month)).toEqual(beforeMonth);
    const rows = await ticks();
    expect(rows[0]).toMatchObject({ seconds: 3_600, at: new Date('2026-11-26T05:15:00Z') });
    expect(rows.filter(({ seconds }) => seconds === 3_600)).toHaveLength(5);
    expect(await rollUp(now - HOUR_MS)).toBe(0);
  });

  it('takes in what is counted late and what is taken back late', async () => {
    await count(reading(now - 3 * HOUR_MS, now - 2 * HOUR_MS, { bad: 60_000, spends: [spend('a', 60_000)] }));
    await rollUp(now);
    await count(reading(now - 3 * HOUR_MS, now - 3 * HOUR_MS + 1_000, { bad: 500 }));
    await inTransaction((tx) => budgetMeter.takeBack(tx, { ...lag, cause: 'a', sentence: 'no' }));
    const before = await sum(all);
    expect(before).toMatchObject({ total: HOUR_MS + 1_000, bad: 500 });
    await rollUp(now);
    expect(await sum(all)).toEqual(before);
    for (const row of await ticks()) expect(row.bad).toBeGreaterThanOrEqual(0);
  });

  it('loses nothing that is counted while it runs', async () => {
    const writing = Array.from({ length: 30 }, () =>
      count(reading(now - 2 * HOUR_MS, now - HOUR_MS, { bad: 100 })),
    );
    const rolling = Array.from({ length: 6 }, () => rollUp(now));
    await Promise.all([...writing, ...rolling]);
    expect(await sum(all)).toMatchObject({ total: 30 * HOUR_MS, bad: 3_000 });
  });

  it('leaves minutes where an exclusion touches their hour, so that it counts to the minute for ever', async () => {
    const fromMs = now - 10 * DAY_MS;
    await count(reading(fromMs, fromMs + 10 * MINUTE_MS, { bad: 10 * MINUTE_MS }));
    const excluded = { fromMs: fromMs + 2 * MINUTE_MS, toMs: fromMs + 3 * MINUTE_MS };
    await inTransaction((tx) =>
      budgetStore.exclude(tx, {
        ...excluded,
        id: '00000000-0000-4000-8000-000000000001',
        contractId: 'inventory',
        indicator: null,
        subject: null,
        reason: 'a drill',
        personId: 'ada',
      }),
    );
    expect(await rollUp(now)).toBe(0);
    expect(await sum(all, [excluded])).toMatchObject({ bad: 9 * MINUTE_MS, excludedBad: MINUTE_MS });
  });

  it('is followed by the sweep of what is too old, with the spends of then', async () => {
    await count(reading(now - 401 * DAY_MS, now - 401 * DAY_MS + 1_000, { bad: 1, spends: [spend('a', 1)] }));
    await count(reading(now - DAY_MS, now - DAY_MS + 1_000));
    await inTransaction((tx) => budgetStore.sweep(tx, now - 400 * DAY_MS));
    expect(await ticks()).toHaveLength(1);
    expect(await spends()).toEqual([]);
  });
});

it('names every budget of which anything was measured, with when', async () => {
  const contractId = 'named';
  await count(
    reading(now + 700, now + 1_000, { contractId }),
    reading(now + HOUR_MS, now + HOUR_MS + 1_000, { contractId }),
    reading(now, now, { ...losses, contractId, total: 1 }),
    reading(now, now, { contractId: 'orders', subject: 'group:b', total: 0 }),
  );
  // An audit counts what is of an earlier time later.
  await count(reading(now + 500, now + 700, { contractId }));
  const series = await inTransaction((tx) => budgetStore.series(tx));
  expect(series).toEqual([
    { ...lag, contractId, firstAt: new Date(now + 500), lastAt: new Date(now + HOUR_MS) },
    { ...losses, contractId, firstAt: new Date(now), lastAt: new Date(now) },
    {
      contractId: 'orders',
      indicator: 'lag',
      subject: 'group:b',
      firstAt: new Date(now),
      lastAt: new Date(now),
    },
  ]);
});

it('what was excluded is never changed, by anybody', async () => {
  await expect(pool.query('DELETE FROM budget_exclusion')).rejects.toThrow(/permission denied/);
  await expect(owner.query(`UPDATE budget_exclusion SET reason = 'x'`)).rejects.toThrow(/never changed/);
  await expect(owner.query('DELETE FROM budget_exclusion')).rejects.toThrow(/never changed/);
});

describe('the database', () => {
  const refused = (text: string) =>
    expect(owner.query(text)).rejects.toThrow(/never changed|is taken back with/);
  it('lets what was counted grow, and lessens it by what is taken back alone', async () => {
    await count(
      reading(now, now + MINUTE_MS, { bad: 60_000, spends: [spend('a', 50_000), spend('b', 10_000)] }),
    );
    await refused('UPDATE budget_tick SET bad = 0');
    await refused('UPDATE budget_tick SET total = total - 1');
    await refused(
      `INSERT INTO budget_tick (contract_id, indicator, subject, at, seconds, total, bad, unknown)
       SELECT contract_id, indicator, subject, at + interval '1 hour', 60, 0, -1, 0 FROM budget_tick`,
    );
    await refused('UPDATE budget_spend SET amount = 1');
    await refused('UPDATE budget_spend_tick SET amount = 1');
    const taken = { ...lag, cause: 'b', sentence: 'It was none.' };
    await inTransaction((tx) => budgetMeter.takeBack(tx, taken));
    expect(await ticks()).toMatchObject([{ total: 60_000, bad: 50_000 }]);
    // Nor twice, by what was taken back before.
    await refused('UPDATE budget_tick SET bad = 40000');
    await refused(
      `UPDATE budget_spend SET taken_back_at = NULL, taken_back_sentence = NULL WHERE cause = 'b'`,
    );
  });

  it('keeps what spent of late, and lets go what is older than the shortest setting', async () => {
    const recent = Date.now() - 30 * DAY_MS;
    const old = Date.now() - 36 * DAY_MS;
    await count(reading(recent, recent + 1_000, { bad: 1_000, spends: [spend('recent', 1_000)] }));
    await count(reading(old, old + 1_000, { bad: 1_000, spends: [spend('old', 1_000)] }));
    await refused('DELETE FROM budget_spend');
    await inTransaction((tx) => budgetStore.sweep(tx, Date.now() - 35 * DAY_MS));
    const { rows } = await owner.query('SELECT cause FROM budget_spend');
    expect(rows).toEqual([{ cause: 'recent' }]);
    await expect(pool.query('DELETE FROM budget_spend_tick')).rejects.toThrow(/permission denied/);
  });
});

describe('hours that are kept of minutes', () => {
  const sumsOf = `SELECT contract_id, indicator, subject, date_bin('1 hour', at, 'epoch'), count(*)::int,
      sum(total)::bigint, sum(bad)::bigint, sum(unknown)::bigint
    FROM budget_tick WHERE seconds = 60 GROUP BY 1, 2, 3, 4`;
  const differing = () =>
    pool.query(
      `(${sumsOf} EXCEPT SELECT * FROM budget_hour) UNION ALL (SELECT * FROM budget_hour EXCEPT ${sumsOf})`,
    );

  it('are the sums of their minutes, whatever is counted, taken back, rolled up and taken away', async () => {
    const steps: readonly (() => Promise<unknown>)[] = [
      () =>
        count(
          reading(now - 5 * HOUR_MS, now, { bad: 90_000, unknown: 30_000, spends: [spend('a', 60_000)] }),
        ),
      () => count(reading(now - 90 * MINUTE_MS, now - 80 * MINUTE_MS, { bad: 1_000 })),
      () =>
        count(
          reading(now - MINUTE_MS, now, { bad: 7, spends: [spend('b', 7)] }),
          reading(now - MINUTE_MS, now),
        ),
      () =>
        inTransaction((tx) => budgetMeter.takeBack(tx, { ...lag, cause: 'a', sentence: 'none after all' })),
      () =>
        inTransaction((tx) =>
          budgetStore.rollUp(tx, now - 2 * HOUR_MS, [
            { contractId: lag.contractId, timeZone: 'Asia/Kolkata' },
          ]),
        ),
      () => inTransaction((tx) => budgetStore.sweep(tx, now - 61 * MINUTE_MS)),
    ];
    for (const step of steps) {
      await step();
      expect((await differing()).rows).toEqual([]);
    }
    expect((await pool.query('SELECT FROM budget_hour')).rowCount).toBeGreaterThan(0);
    await pool.query('DELETE FROM budget_tick');
    expect((await pool.query('SELECT FROM budget_hour')).rowCount).toBe(0);
  });
});

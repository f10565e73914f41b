import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetsOf } from '../contract/index.ts';
import { measuredOf } from '../test-kit/budget-sums.ts';
import { type Objective, objectiveOf } from './objective.ts';
import { type Standing, standingOf } from './standing.ts';
import { splitReading, type Tick } from './ticks.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, windowAt } from './window.ts';

const now = Date.parse('2026-11-16T00:00:00Z');
const rolling = budgetsOf({ window: { days: 30 } });
const objective = (indicator: Parameters<typeof objectiveOf>[1], budgets = rolling): Objective => {
  const found = objectiveOf(budgets, indicator);
  if (found === null) throw new Error(`no budget of ${indicator}`);
  return found;
};
const standing = (
  of: Objective,
  ticks: readonly Tick[],
  excluded: readonly { fromMs: number; toMs: number }[] = [],
): Standing => standingOf(of, measuredOf(ticks, windowAt(of.window, of.timeZone, now), now, excluded), now);
const verdicts = ({ pairs }: Standing) => pairs.map(({ verdict }) => verdict);

/** Measured all through, with so much lag in the last `ms`. */
const lagged = (badMs: number, ms: number, before = 4 * DAY_MS): readonly Tick[] => [
  ...splitReading(now - before, now - ms, { total: before - ms, bad: 0, unknown: 0 }),
  ...splitReading(now - ms, now, { total: ms, bad: badMs, unknown: 0 }),
];
/** 600 events an hour, and so many of the last `ms` bad. */
const counted = (bad: number, ms: number, perHour = 600, before = 4 * DAY_MS): readonly Tick[] => [
  ...splitReading(now - before, now - ms, { total: ((before - ms) / HOUR_MS) * perHour, bad: 0, unknown: 0 }),
  ...splitReading(now - ms, now, { total: (ms / HOUR_MS) * perHour, bad, unknown: 0 }),
];

describe('what is spent', () => {
  it('and what is left are what is allowed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('lag', 'duplicates', 'losses', 'compensations'),
        fc.nat(600_000),
        (which, bad) => {
          const of = standing(objective(which), lagged(bad, HOUR_MS));
          expect(of.spent + of.left).toBeCloseTo(of.allowed, 6);
          expect(of.spent).toBe(bad);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is the same however readings are cut', () => {
    const whole = lagged(90_000, 90_000);
    const cut = [
      ...lagged(0, 90_000).slice(0, -2),
      ...splitReading(now - 90_000, now - 35_000, { total: 55_000, bad: 55_000, unknown: 0 }),
      ...splitReading(now - 35_000, now, { total: 35_000, bad: 35_000, unknown: 0 }),
    ];
    expect(standing(objective('lag'), cut)).toEqual(standing(objective('lag'), whole));
  });
});

describe('a budget of time', () => {
  const lag = objective('lag');
  it('is within when nothing went wrong, and exhausted when all of it is spent', () => {
    expect(standing(lag, lagged(0, HOUR_MS))).toMatchObject({ state: 'within', spent: 0, spentShare: 0 });
    expect(standing(lag, lagged(5 * MINUTE_MS - 1, 2 * DAY_MS)).state).not.toBe('exhausted');
    expect(standing(lag, lagged(5 * MINUTE_MS, 2 * DAY_MS))).toMatchObject({ state: 'exhausted', left: 0 });
  });

  it('burns where both look-backs exceed, and says when it is exhausted at this rate', () => {
    const burning = standing(lag, lagged(2 * MINUTE_MS, 10 * MINUTE_MS));
    expect(burning.state).toBe('burning');
    expect(verdicts(burning)).toEqual(['fires', 'fires', 'fires', 'fires']);
    // Two minutes an hour, three are left.
    expect(burning.exhaustedAtMs).toBeCloseTo(now + 1.5 * HOUR_MS, -2);
  });

  it('does not page for what is over: the short look-back is clean', () => {
    const ticks = [
      ...lagged(0, HOUR_MS).filter(({ atMs }) => atMs < now - HOUR_MS),
      ...splitReading(now - HOUR_MS, now - 10 * MINUTE_MS, {
        total: 50 * MINUTE_MS,
        bad: 2 * MINUTE_MS,
        unknown: 0,
      }),
      ...splitReading(now - 10 * MINUTE_MS, now, { total: 10 * MINUTE_MS, bad: 0, unknown: 0 }),
    ];
    const [fast] = standing(lag, ticks).pairs;
    expect(fast).toMatchObject({ verdict: 'below', why: expect.stringContaining('It is over') });
  });

  it('opens nothing before the minimum is spent, since 14.4 over an hour is six seconds of it', () => {
    const held = standing(lag, lagged(59_000, 5 * MINUTE_MS));
    expect(verdicts(held)).toEqual(['held', 'held', 'held', 'held']);
    expect(held.pairs[0]?.why).toBe(
      'Held back: 59 s were spent in the long look-back, and it opens nothing below 60 s.',
    );
    expect(held.state).toBe('within');
    expect(standing(lag, lagged(60_000, 5 * MINUTE_MS)).state).toBe('burning');
  });

  it('does not take what was not measured for good', () => {
    const blind = standing(lag, [
      ...splitReading(now - 4 * DAY_MS, now - DAY_MS, { total: 3 * DAY_MS, bad: 0, unknown: 0 }),
      ...splitReading(now - DAY_MS, now - HOUR_MS, { total: 0, bad: 0, unknown: 23 * HOUR_MS }),
    ]);
    // The last hour nobody measured at all, which is no better.
    expect(blind).toMatchObject({ state: 'unknown', unknown: DAY_MS });
    expect(verdicts(blind)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
  });

  it('that has just begun to be measured is not unknown for the step that is under way, and is after that', () => {
    const begun = (ms: number, unmeasuredMs: number) => {
      const total = ms - unmeasuredMs;
      const ticks = splitReading(now - ms, now - unmeasuredMs, { total, bad: 0, unknown: 0 });
      const measured = measuredOf(ticks, windowAt(lag.window, lag.timeZone, now), now, []);
      // To the millisecond, as it is kept beside the minutes.
      return standingOf(lag, { ...measured, firstMs: now - ms }, now);
    };
    expect(begun(20_000, 12_000).state).toBe('within');
    expect(begun(60_000, 20_000).state).toBe('unknown');
    // Later a tenth is more than that.
    expect(begun(HOUR_MS, 31_000).state).toBe('within');
  });

  it('knows of nothing before the first measurement, which is not unknown', () => {
    expect(standing(lag, lagged(0, MINUTE_MS, 10 * MINUTE_MS))).toMatchObject({
      state: 'within',
      unknown: 0,
    });
    expect(standing(lag, [])).toMatchObject({ state: 'unmeasured', spent: 0 });
  });

  it('leaves excluded time out, and still says what was in it', () => {
    const hour = { fromMs: now - HOUR_MS, toMs: now };
    const left = standing(lag, lagged(10 * MINUTE_MS, HOUR_MS), [hour]);
    expect(left).toMatchObject({
      state: 'within',
      spent: 0,
      excludedBad: 10 * MINUTE_MS,
      excludedMs: HOUR_MS,
      unknown: 0,
    });
  });

  it.each([
    ['before the first measurement', { fromMs: now - 9 * HOUR_MS, toMs: now - 7 * HOUR_MS }],
    ['that lies ahead', { fromMs: now + HOUR_MS, toMs: now + 3 * HOUR_MS }],
  ])('leaves out no gap by time %s', (_name, hours) => {
    const gap = [
      ...splitReading(now - 5 * HOUR_MS, now - 2 * HOUR_MS, { total: 3 * HOUR_MS, bad: 0, unknown: 0 }),
      ...splitReading(now - HOUR_MS, now, { total: HOUR_MS, bad: 0, unknown: 0 }),
    ];
    expect(standing(lag, gap).unknown).toBe(HOUR_MS);
    expect(standing(lag, gap, [hours]).unknown).toBe(HOUR_MS);
  });

  it('leaves a gap out by as much of it as is left out, and no more', () => {
    const gap = splitReading(now - 5 * HOUR_MS, now - 2 * HOUR_MS, {
      total: 3 * HOUR_MS,
      bad: 0,
      unknown: 0,
    });
    const half = { fromMs: now - HOUR_MS, toMs: now + HOUR_MS };
    expect(standing(lag, gap, [half]).unknown).toBe(HOUR_MS);
  });

  it('asks no look-back that is as long as its window', () => {
    const of = objective('lag', budgetsOf({ window: { days: 1 } }));
    expect(verdicts(standing(of, lagged(0, HOUR_MS)))).toEqual(['below', 'below', 'never', 'never']);
  });
});

describe('a budget of a share', () => {
  const duplicates = objective('duplicates');
  it('says nothing where few were counted, and opens nothing', () => {
    const few = standing(duplicates, counted(5, MINUTE_MS, 50));
    expect(few).toMatchObject({ state: 'few', exhaustedAtMs: null });
    expect(few.spentShare).toBeGreaterThan(1);
    expect(verdicts(few)).toEqual(['held', 'held', 'held', 'held']);
    expect(few.pairs[0]?.why).toContain('a share says nothing below 10,000');
  });

  it('is exhausted by the one of ten thousand that it does not allow', () => {
    expect(standing(duplicates, counted(1, HOUR_MS, 10_000 / 96)).state).toBe('exhausted');
    expect(standing(duplicates, counted(1, HOUR_MS, 10_001 / 95)).state).not.toBe('exhausted');
  });

  it('does not take one alone for a rate', () => {
    const one = standing(duplicates, counted(1, MINUTE_MS));
    expect(one.pairs[0]).toMatchObject({ verdict: 'held', why: 'Held back: one alone is no rate.' });
    expect(one.state).toBe('within');
    expect(standing(duplicates, counted(2, MINUTE_MS)).state).toBe('burning');
  });

  it('is not unknown where nothing came', () => {
    const quiet = standing(
      duplicates,
      counted(0, 3 * DAY_MS, 600, 4 * DAY_MS).filter(({ atMs }) => atMs < now - 3 * DAY_MS),
    );
    expect(quiet.pairs[0]).toMatchObject({
      verdict: 'below',
      why: 'Nothing was counted in either look-back.',
    });
  });
});

describe('a budget of nothing', () => {
  const losses = objective('losses');
  it('has no burn rate, and any loss is a breach by itself', () => {
    expect(standing(losses, counted(0, HOUR_MS))).toMatchObject({
      state: 'within',
      pairs: [],
      spentShare: null,
    });
    expect(standing(losses, counted(1, HOUR_MS))).toMatchObject({
      state: 'exhausted',
      left: -1,
      exhaustedAtMs: null,
    });
  });
});

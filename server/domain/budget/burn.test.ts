import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sumTicks } from '../test-kit/budget-sums.ts';
import { burnRate, exhaustedAt, lastsMs, lookBacks, pairs, thresholdOf } from './burn.ts';
import type { Allowance } from './objective.ts';
import { splitReading } from './ticks.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './window.ts';

const month = 30 * DAY_MS;
const lag: Allowance = {
  kind: 'time',
  overMs: MINUTE_MS,
  allowedMs: 5 * MINUTE_MS,
  minimumSpentMs: MINUTE_MS,
};
const share: Allowance = { kind: 'share', share: 0.0001, minimumCount: 10_000 };

/** "The Site Reliability Workbook", chapter 5: table 5-4 (time to exhaustion), 5-6 and 5-8 (recommended parameters). */
describe('the published table, of a budget of 30 days', () => {
  it.each([
    ['fast', 'page', 0.02, 1, 5 / 60, 14.4],
    ['steady', 'page', 0.05, 6, 0.5, 6],
    ['day', 'ticket', 0.1, 24, 2, 3],
    ['slow', 'ticket', 0.1, 72, 6, 1],
  ])(
    '%s is a %s: %d of the budget in %d h, with %d h, at a rate of %d',
    (name, urgency, spent, long, short, rate) => {
      const pair = pairs.find((each) => each.name === name);
      expect(pair).toMatchObject({
        urgency,
        spentShare: spent,
        longMs: long * HOUR_MS,
        shortMs: short * HOUR_MS,
      });
      if (pair) expect(thresholdOf(pair, month)).toBeCloseTo(rate, 10);
    },
  );

  it.each([
    [1, 30 * DAY_MS],
    [2, 15 * DAY_MS],
    [10, 3 * DAY_MS],
    [14.4, 50 * HOUR_MS],
    [1_000, 43.2 * MINUTE_MS],
  ])('at a rate of %d it lasts for %d ms', (rate, ms) => {
    expect(lastsMs(rate, month)).toBeCloseTo(ms, 3);
  });

  it('has short look-backs of a twelfth of the long ones', () => {
    for (const { longMs, shortMs } of pairs) expect(longMs / shortMs).toBe(12);
    expect(lookBacks).toEqual([
      300_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000, 259_200_000,
    ]);
  });
});

describe('thresholds of another window', () => {
  it.each([
    [7 * DAY_MS, [3.36, 1.4, 1, 1]],
    [28 * DAY_MS, [13.44, 5.6, 2.8, 1]],
    [31 * DAY_MS, [14.88, 6.2, 3.1, 31 / 30]],
    [90 * DAY_MS, [43.2, 18, 9, 3]],
  ])('of %d ms follow from the share spent, and are never less than 1', (window, thresholds) => {
    for (const [at, pair] of pairs.entries())
      expect(thresholdOf(pair, window)).toBeCloseTo(thresholds[at] ?? 0, 10);
  });
});

describe('a burn rate', () => {
  it('of a steady rate is that rate in every look-back, of time and of shares', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 7, max: 90 }), (percent, days) => {
        const window = days * DAY_MS;
        const now = 4 * DAY_MS + 17_000;
        const bad = percent * 600;
        const ticks = splitReading(0, 5 * DAY_MS, {
          total: 5 * DAY_MS,
          bad: (5 * DAY_MS * bad) / MINUTE_MS,
          unknown: 0,
        });
        for (const ms of lookBacks) {
          const counted = sumTicks(ticks, { fromMs: now - ms, toMs: now });
          const part = bad / MINUTE_MS;
          expect(burnRate(lag, counted, ms, window)).toBeCloseTo((part * window) / lag.allowedMs, 4);
          expect(burnRate(share, counted, ms, window)).toBeCloseTo(part / 0.0001, 4);
        }
      }),
      { numRuns: 5 },
    );
  });

  it('is the share of the budget that was spent ÷ the look-back’s share of the window', () => {
    // 6 s of 5 min are 2 %, in an hour of 720.
    expect(burnRate(lag, { total: HOUR_MS, bad: 6_000, unknown: 0 }, HOUR_MS, month)).toBeCloseTo(14.4, 10);
    expect(burnRate(share, { total: 10_000, bad: 1, unknown: 0 }, HOUR_MS, month)).toBeCloseTo(1, 10);
  });

  it('is none of a budget of nothing, and none where nothing was counted', () => {
    expect(
      burnRate({ kind: 'none', graceMs: 1 }, { total: 9, bad: 9, unknown: 0 }, HOUR_MS, month),
    ).toBeNull();
    expect(burnRate(share, { total: 0, bad: 0, unknown: 0 }, HOUR_MS, month)).toBeNull();
    expect(burnRate(lag, { total: 0, bad: 0, unknown: HOUR_MS }, HOUR_MS, month)).toBeNull();
  });
});

describe('the forecast', () => {
  const now = { nowMs: 0, window: { fromMs: -10 * DAY_MS, toMs: 20 * DAY_MS }, perMs: 1, isRolling: false };
  it('of time is what is left ÷ what is spent, in this window', () => {
    // At 14.4 a whole budget lasts for 50 hours, and half of it for 25.
    expect(exhaustedAt({ ...now, allowance: lag, rate: 14.4, left: lag.allowedMs / 2 })).toBeCloseTo(
      25 * HOUR_MS,
      3,
    );
    expect(exhaustedAt({ ...now, allowance: lag, rate: 0.5, left: lag.allowedMs })).toBeNull();
    expect(exhaustedAt({ ...now, allowance: lag, rate: 0.9, left: lag.allowedMs / 2 })).toBeCloseTo(
      (15 / 0.9) * DAY_MS,
      3,
    );
  });

  it('of a share is when what goes wrong has caught up with what may', () => {
    const perMs = 1 / 1_000;
    const left = 5;
    const at = exhaustedAt({ ...now, perMs, allowance: share, rate: 3, left });
    // Until then 0.0003 of the events go wrong and 0.0001 more may.
    expect((at ?? 0) * perMs * 0.0003).toBeCloseTo(left + (at ?? 0) * perMs * 0.0001, 6);
    expect(exhaustedAt({ ...now, perMs, allowance: share, rate: 1, left })).toBeNull();
  });

  it('of rolling days is none at a pace that the window bears, and of what is exhausted none', () => {
    expect(exhaustedAt({ ...now, isRolling: true, allowance: lag, rate: 1, left: 1 })).toBeNull();
    expect(exhaustedAt({ ...now, isRolling: true, allowance: lag, rate: 2, left: 1 })).toBeGreaterThan(0);
    expect(exhaustedAt({ ...now, allowance: lag, rate: 20, left: 0 })).toBeNull();
    expect(exhaustedAt({ ...now, allowance: lag, rate: null, left: 1 })).toBeNull();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeLabel, timeTicks, toChartPoints, valueTicks } from './prepare-time-series.ts';

const minute = 60_000;
const at = Date.parse('2026-03-14T10:02:30Z');

describe('points of a chart', () => {
  it('are a line of the most and a band down to the least, and a gap stays one', () => {
    expect(
      toChartPoints([
        { atMs: 1, low: 2, high: 5 },
        { atMs: 2, low: null, high: null },
      ]),
    ).toEqual([
      { atMs: 1, high: 5, range: [2, 5] },
      { atMs: 2, high: null, range: null },
    ]);
  });
});

describe('ticks of time', () => {
  it.each([
    [15 * minute, ['10:04', '10:06', '10:08', '10:10', '10:12', '10:14', '10:16']],
    [6 * 60 * minute, ['11:00', '12:00', '13:00', '14:00', '15:00', '16:00']],
  ])('stand at whole steps of the clock: %d ms', (length, labels) => {
    expect(timeTicks(at, at + length).map((each) => timeLabel(each, length))).toEqual(labels);
  });

  it('are days where the range is long', () => {
    const length = 7 * 1440 * minute;
    expect(timeTicks(at, at + length).map((each) => timeLabel(each, length))[0]).toBe('03-15');
  });

  it('are few and within the range, however long it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: minute, max: 400 * 1440 * minute }), (length) => {
        const ticks = timeTicks(at, at + length);
        expect(ticks.length).toBeLessThanOrEqual(9);
        expect(ticks.every((each) => each >= at && each <= at + length)).toBe(true);
      }),
    );
  });
});

describe('ticks of values', () => {
  const of = (high: number, least: number, unit: 'count' | 'ms') =>
    valueTicks([{ atMs: 0, low: 0, high }], { least, unit });
  it.each([
    ['counts', 37, 0, 'count', [0, 10, 20, 30, 40]],
    ['nothing but zero', 0, 0, 'count', [0, 1, 2]],
    ['times as clocks have them', 130_000, 0, 'ms', [0, 30_000, 60_000, 90_000, 120_000, 150_000]],
    ['a threshold above all', 100, 60_000, 'ms', [0, 15_000, 30_000, 45_000, 60_000, 75_000]],
  ] as const)('are round, begin at zero and reach past the top: %s', (_, high, least, unit, ticks) => {
    expect(of(high, least, unit)).toEqual(ticks);
  });

  it('always reach past the highest, and are few', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), fc.constantFrom('count', 'ms'), (high, unit) => {
        const ticks = of(high, 0, unit === 'ms' ? 'ms' : 'count');
        expect(ticks.at(-1)).toBeGreaterThan(high);
        expect(ticks.length).toBeLessThanOrEqual(8);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { type BurnInput, prepareBurnDown } from './prepare-burn-down.ts';

const hour = 3_600_000;
const input = (over: Partial<BurnInput> = {}): BurnInput => ({
  points: [
    { atMs: 24 * hour, spent: 0, total: 0 },
    { atMs: 48 * hour, spent: null, total: 0 },
    { atMs: 72 * hour, spent: 150_000, total: 0 },
  ],
  kind: 'time',
  allowed: 300_000,
  window: { fromMs: 0, toMs: 720 * hour },
  nowMs: 72 * hour,
  exhaustedAtMs: null,
  exclusions: [],
  ...over,
});

describe('a burn-down', () => {
  it('is what is left in percent, with gaps where nothing was measured, beside the even line', () => {
    const chart = prepareBurnDown(input());
    expect(chart?.rows.map(({ value }) => value)).toEqual([100, null, 50]);
    expect(chart?.rows.map(({ ideal }) => Math.round(ideal ?? -1))).toEqual([97, 93, 90]);
    expect(chart?.rows.every(({ forecast }) => forecast === null)).toBe(true);
    expect(chart?.domain).toEqual([24 * hour, 72 * hour]);
  });

  it('goes on to where it is exhausted, where that is near enough to be seen', () => {
    const chart = prepareBurnDown(input({ exhaustedAtMs: 80 * hour }));
    expect(chart?.rows.at(-2)).toMatchObject({ value: 50, forecast: 50 });
    expect(chart?.rows.at(-1)).toMatchObject({ atMs: 80 * hour, value: null, forecast: 0 });
    expect(chart?.domain[1]).toBe(80 * hour);
    expect(prepareBurnDown(input({ exhaustedAtMs: 700 * hour }))?.domain[1]).toBe(72 * hour);
  });

  it('cuts what was left out to what is seen', () => {
    const chart = prepareBurnDown(
      input({
        exclusions: [
          { fromMs: 0, toMs: 30 * hour },
          { fromMs: 70 * hour, toMs: 99 * hour },
          { fromMs: 1, toMs: 2 },
        ],
      }),
    );
    expect(chart?.bands).toEqual([
      { fromMs: 24 * hour, toMs: 30 * hour },
      { fromMs: 70 * hour, toMs: 72 * hour },
    ]);
  });

  it('of a share is even by what was counted, of losses a count without a line', () => {
    const points = [
      { atMs: hour, spent: 0, total: 500 },
      { atMs: 2 * hour, spent: 1, total: 1_000 },
    ];
    const share = prepareBurnDown(input({ kind: 'share', allowed: 2, points }));
    expect(share?.rows).toMatchObject([
      { value: 100, ideal: 50 },
      { value: 50, ideal: 0 },
    ]);
    const none = prepareBurnDown(input({ kind: 'none', allowed: 0, points }));
    expect(none).toMatchObject({
      lowest: 0,
      levels: [0, 1, 2],
      rows: [
        { value: 0, ideal: null },
        { value: 1, ideal: null },
      ],
    });
  });

  it('reaches below nothing where more was spent than may be, and has few ticks, at full hours', () => {
    const chart = prepareBurnDown(
      input({ points: [{ atMs: 72 * hour, spent: 600_000, total: 0 }], nowMs: 72 * hour }),
    );
    expect(chart?.lowest).toBe(-100);
    const ticks = prepareBurnDown(input())?.ticks ?? [];
    expect(ticks.length).toBeLessThanOrEqual(7);
    expect(ticks.every((at) => at % hour === 0)).toBe(true);
  });

  it('has levels at round percents that reach as low as the line, few even where far too much was spent', () => {
    const levels = (spent: number) =>
      prepareBurnDown(input({ points: [{ atMs: 72 * hour, spent, total: 0 }] }))?.levels;
    expect(levels(0)).toEqual([0, 25, 50, 75, 100]);
    expect(levels(354_000)).toEqual([-25, 0, 25, 50, 75, 100]);
    expect(levels(600_000)).toEqual([-100, -50, 0, 50, 100]);
    const far = levels(300_000 * 4_947.6) ?? [];
    expect(far.length).toBeLessThanOrEqual(8);
    expect(far[0]).toBeLessThanOrEqual(-494_660);
  });

  it('is none where nothing was measured', () => {
    expect(prepareBurnDown(input({ points: [] }))).toBeNull();
  });
});

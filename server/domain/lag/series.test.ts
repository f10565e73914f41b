import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SERIES_BUCKETS, type SeriesBucket, stepFor, toSeries } from './series.ts';

const bucket = (firstMs: number, lastMs = firstMs): SeriesBucket => ({
  firstMs,
  lastMs,
  minRecords: 1,
  maxRecords: 2,
  minAgeMs: 3,
  maxAgeMs: 4,
});

describe('points of a chart', () => {
  it('have one that holds nothing where a sample is more than two steps late, and none where it is less', () => {
    const points = toSeries([bucket(0), bucket(5_000, 10_000), bucket(25_000), bucket(40_001)], 5_000);
    expect(points.map(({ atMs, maxRecords }) => [atMs, maxRecords])).toEqual([
      [0, 2],
      [7_500, 2],
      [25_000, 2],
      [32_501, null],
      [40_001, 2],
    ]);
  });

  it('are fewer than 300 in order, however many gaps there are', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: SERIES_BUCKETS });
    fc.assert(
      fc.property(gaps, (each) => {
        let at = 0;
        const points = toSeries(
          each.map((gap) => {
            at += gap;
            return bucket(at);
          }),
          5_000,
        );
        expect(points.length).toBeLessThan(300);
        expect(points.map(({ atMs }) => atMs)).toEqual(
          points.map(({ atMs }) => atMs).toSorted((a, b) => a - b),
        );
      }),
    );
  });
});

describe('what a chart is drawn from', () => {
  const kept = { sampleMs: 6 * 3_600_000, minuteMs: 8 * 86_400_000 };
  const nowMs = 1e12;
  it.each([
    ['15 min', 15 * 60_000, 'sample'],
    ['6 h', 6 * 3_600_000, 'minute'],
    ['24 h', 24 * 3_600_000, 'minute'],
    ['7 d', 7 * 86_400_000, 'hour'],
    ['30 d', 30 * 86_400_000, 'hour'],
  ] as const)('is the finest that reaches so far: %s', (_, length, step) => {
    expect(stepFor({ fromMs: nowMs - length, toMs: nowMs, nowMs }, kept)).toBe(step);
  });

  it('is coarser for a short time long ago, of which the finer is gone', () => {
    const hour = 3_600_000;
    const at = (ago: number) => stepFor({ fromMs: nowMs - ago, toMs: nowMs - ago + hour, nowMs }, kept);
    expect([at(5 * hour), at(7 * hour), at(9 * 24 * hour)]).toEqual(['sample', 'minute', 'hour']);
  });
});

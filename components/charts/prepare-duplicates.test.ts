import { describe, expect, it } from 'vitest';
import { prepareDuplicates, type StretchCounts } from './prepare-duplicates.ts';

const stretch = (minute: number, counts: StretchCounts['counts']): StretchCounts => ({
  at: new Date(minute * 60_000).toISOString(),
  counts,
});
const none = { events: 9, redelivered: 0, conflicting: 0, lost: 0 };

describe('duplicates over time', () => {
  it('have a gap where nothing was audited, and a zero where nothing was found', () => {
    const { points, summary } = prepareDuplicates([stretch(0, null), stretch(1, none)]);
    expect(points.map(({ redelivered, lost }) => [redelivered, lost])).toEqual([
      [null, null],
      [0, 0],
    ]);
    expect(summary).toBe('0 redelivered, 0 conflicting, 0 lost; 1 of 2 stretches were not audited.');
  });

  it('fit below the top, stacked', () => {
    const { top } = prepareDuplicates([stretch(0, { events: 50, redelivered: 7, conflicting: 2, lost: 3 })]);
    expect(top).toBeGreaterThanOrEqual(12);
    expect(prepareDuplicates([stretch(0, none)]).top).toBe(4);
  });

  it('are counted on an axis of round whole numbers from zero', () => {
    const of = (redelivered: number) => prepareDuplicates([stretch(0, { ...none, redelivered })]).counts;
    expect(of(1_262)).toEqual([0, 500, 1_000, 1_500]);
    expect(of(0)).toEqual([0, 1, 2, 3, 4]);
  });

  it('have a few ticks, however many points there are', () => {
    const many = prepareDuplicates(Array.from({ length: 96 }, (_, at) => stretch(at, none)));
    expect(many.ticks.length).toBeLessThanOrEqual(7);
    expect(prepareDuplicates([]).ticks).toEqual([]);
  });
});

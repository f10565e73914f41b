import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quarterOf, segmentWidths } from './segments.ts';

describe('a stacked bar', () => {
  it('divides the whole by share', () => {
    expect(segmentWidths([{ value: 50 }, { value: 25 }], 100)).toEqual([50, 25]);
  });

  it('keeps a tiny part visible and lets the largest pay for it', () => {
    expect(segmentWidths([{ value: 410_000 }, { value: 2 }], 410_002)).toEqual([99.25, 0.75]);
  });

  it('never draws what is zero', () => {
    expect(segmentWidths([{ value: 0 }, { value: 4 }], 4)).toEqual([0, 100]);
    expect(segmentWidths([{ value: 0 }], 0)).toEqual([0]);
  });

  it('never exceeds its width, whatever the counts', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1e9 }), { maxLength: 8 }), fc.nat({ max: 1e9 }), (values, total) => {
        const widths = segmentWidths(
          values.map((value) => ({ value })),
          total,
        );
        expect(widths.reduce((all, each) => all + each, 0)).toBeLessThanOrEqual(100.000001);
      }),
    );
  });
});

describe('progress', () => {
  it('is announced in quarters', () => {
    expect([
      quarterOf(0, 8),
      quarterOf(1, 8),
      quarterOf(2, 8),
      quarterOf(7, 8),
      quarterOf(8, 8),
      quarterOf(9, 8),
    ]).toEqual([0, 0, 1, 3, 4, 4]);
    expect(quarterOf(3, 0)).toBe(0);
  });
});

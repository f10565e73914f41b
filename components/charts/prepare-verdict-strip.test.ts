import { describe, expect, it } from 'vitest';
import { prepareGaps, prepareVerdictStrip } from './prepare-verdict-strip.ts';

const now = '2026-03-14T12:00:00.000Z';

describe('verdicts over months', () => {
  it('end with the running month, and say the year where one begins', () => {
    const strip = prepareVerdictStrip([], { now, months: 4 });
    expect(strip.map(({ month, label }) => [month, label])).toEqual([
      ['2025-12', 'Dec 2025'],
      ['2026-01', 'Jan 2026'],
      ['2026-02', 'Feb'],
      ['2026-03', 'Mar'],
    ]);
  });

  it('have a gap where nothing was recorded, and no zero', () => {
    const strip = prepareVerdictStrip([{ month: '2026-02', trusted: 0, suspect: 0, untrusted: 2 }], {
      now,
      months: 3,
    });
    expect(strip.map(({ counts }) => counts?.untrusted ?? null)).toEqual([null, 2, null]);
  });

  it('are as tall as they are many, one beside thousands is seen, and none is taller than the strip', () => {
    const strip = prepareVerdictStrip(
      [
        { month: '2026-01', trusted: 50, suspect: 0, untrusted: 0 },
        { month: '2026-02', trusted: 98, suspect: 1, untrusted: 1 },
        { month: '2026-09', trusted: 1, suspect: 0, untrusted: 0 },
      ],
      { now, months: 3 },
    );
    expect(strip[0]?.heights).toEqual({ trusted: 50, suspect: 0, untrusted: 0 });
    const { trusted = 0, suspect = 0, untrusted = 0 } = strip[1]?.heights ?? {};
    expect(suspect).toBe(4);
    expect(trusted + suspect + untrusted).toBe(100);
  });
});

describe('gaps beside them', () => {
  it('stand where their time stands, cut off at the edges', () => {
    const window = { now, months: 3 };
    const [first, second] = prepareGaps(
      [
        { from: '2025-01-01T00:00:00Z', to: '2026-01-31T00:00:00Z' },
        { from: '2026-02-15T00:00:00Z', to: '2026-04-01T00:00:00Z' },
      ],
      window,
    );
    expect(first).toEqual({ leftPercent: 0, widthPercent: (30 / 90) * 100 });
    expect((second?.leftPercent ?? 0) + (second?.widthPercent ?? 0)).toBeCloseTo(100);
    expect(prepareGaps([{ from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00Z' }], window)).toEqual([]);
  });
});

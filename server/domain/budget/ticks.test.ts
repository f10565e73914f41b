import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Amounts, splitAmount, splitReading, whyNoReading } from './ticks.ts';
import { MINUTE_MS } from './window.ts';

const amounts = fc
  .record({ good: fc.nat(1_000_000), bad: fc.nat(1_000_000), unknown: fc.nat(1_000_000) })
  .map(({ good, bad, unknown }): Amounts => ({ total: good + bad, bad, unknown }));
const span = fc
  .record({ from: fc.integer({ min: 0, max: 10 * MINUTE_MS }), length: fc.nat(20 * MINUTE_MS) })
  .map(({ from, length }) => ({ from, to: from + length }));
const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);

describe('a reading that spans minutes', () => {
  it('is split by the time that each minute has of it', () => {
    expect(splitReading(30_000, 150_000, { total: 120_000, bad: 60_000, unknown: 0 })).toEqual([
      { atMs: 0, total: 30_000, bad: 15_000, unknown: 0 },
      { atMs: 60_000, total: 60_000, bad: 30_000, unknown: 0 },
      { atMs: 120_000, total: 30_000, bad: 15_000, unknown: 0 },
    ]);
  });

  it('loses nothing and makes nothing, whatever it is and wherever it is cut', () => {
    fc.assert(
      fc.property(span, amounts, ({ from, to }, reading) => {
        const ticks = splitReading(from, to, reading);
        expect(sum(ticks.map((tick) => tick.total))).toBe(reading.total);
        expect(sum(ticks.map((tick) => tick.bad))).toBe(reading.bad);
        expect(sum(ticks.map((tick) => tick.unknown))).toBe(reading.unknown);
        for (const tick of ticks) {
          expect(tick.bad).toBeLessThanOrEqual(tick.total);
          expect(tick.bad).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('of time that was measured all through gives no minute more than a minute', () => {
    fc.assert(
      fc.property(span, ({ from, to }) => {
        for (const tick of splitReading(from, to, { total: to - from, bad: to - from, unknown: 0 }))
          expect(tick.total).toBeLessThanOrEqual(MINUTE_MS);
      }),
    );
  });

  it('is the same whether it comes whole or in two parts, where time itself is measured', () => {
    fc.assert(
      fc.property(span, fc.nat(1_000), ({ from, to }, per) => {
        const cut = from + Math.floor(((to - from) * per) / 1_000);
        const time = (a: number, b: number) => splitReading(a, b, { total: b - a, bad: b - a, unknown: 0 });
        const byMinute = (ticks: ReturnType<typeof time>) => {
          const found = new Map<number, number>();
          for (const { atMs, bad } of ticks) if (bad > 0) found.set(atMs, (found.get(atMs) ?? 0) + bad);
          return found;
        };
        expect(byMinute([...time(from, cut), ...time(cut, to)])).toEqual(byMinute(time(from, to)));
      }),
    );
  });

  it('of one instant is its minute’s', () => {
    expect(splitReading(61_000, 61_000, { total: 5, bad: 1, unknown: 0 })).toEqual([
      { atMs: 60_000, total: 5, bad: 1, unknown: 0 },
    ]);
    expect(splitAmount(61_000, 61_000, 1)).toEqual([{ atMs: 60_000, amount: 1 }]);
  });

  it('is refused where it can’t be one', () => {
    const good = { total: 1, bad: 0, unknown: 0 };
    expect(whyNoReading(0, 1, good)).toBeNull();
    expect(whyNoReading(1, 0, good)).toMatch(/ends before/);
    expect(whyNoReading(Number.NaN, 1, good)).toMatch(/no beginning/);
    expect(whyNoReading(0, 1, { ...good, bad: 2 })).toBe('2 are bad of 1');
    expect(whyNoReading(0, 1, { ...good, unknown: -1 })).toBe('unknown is -1');
    expect(whyNoReading(0, 1, { ...good, total: Number.POSITIVE_INFINITY })).toBe('total is Infinity');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeOver } from './time-over.ts';

const stepMs = 5_000;
const overMs = 60_000;
const over = (toMs: number, ages: readonly (number | null)[], fromMs = 0) =>
  timeOver({ fromMs, toMs, stepMs, overMs, partitions: ages.map((ageMs) => ({ ageMs })) });

describe('time over a threshold between two samples', () => {
  it.each([
    ['none of it, below', 5_000, [59_999], [5_000, 0, 0]],
    ['none of it, exactly there', 5_000, [60_000], [5_000, 0, 0]],
    ['as much as the age is over', 5_000, [62_000], [5_000, 2_000, 0]],
    ['all of it, where the record was too old all along', 5_000, [600_000], [5_000, 5_000, 0]],
    ['by the latest partition, and no moment twice', 5_000, [63_000, 61_000, 0], [5_000, 3_000, 0]],
    ['and what an unknown partition hides is unknown', 5_000, [63_000, null], [3_000, 3_000, 2_000]],
    ['all unknown, where nothing is known', 5_000, [null], [0, 0, 5_000]],
    ['all unknown, where there is no partition', 5_000, [], [0, 0, 5_000]],
    ['a late sample still says what was', 15_000, [70_000], [15_000, 10_000, 0]],
    ['an outage is unknown, and never none', 15_001, [0], [0, 0, 15_001]],
  ] as const)('is %s', (_, toMs, ages, [totalMs, badMs, unknownMs]) => {
    expect(over(toMs, ages)).toEqual({ totalMs, badMs, unknownMs });
  });

  it('always adds up to the interval, with what is bad within what is known', () => {
    const ages = fc.array(fc.option(fc.integer({ min: 0, max: 200_000 })), { maxLength: 5 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30_000 }), ages, (toMs, each) => {
        const { totalMs, badMs, unknownMs } = over(toMs, each);
        expect(totalMs + unknownMs).toBe(toMs);
        expect(badMs).toBeGreaterThanOrEqual(0);
        expect(badMs).toBeLessThanOrEqual(totalMs);
      }),
    );
  });

  it('comes to the true time, to the millisecond, of a record that stays unread, whenever samples are taken', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3 * stepMs }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 0, max: 100_000 }),
        (steps, ageAtStart) => {
          let at = 0;
          let bad = 0;
          for (const step of steps) {
            bad += over(at + step, [ageAtStart + at + step], at).badMs;
            at += step;
          }
          expect(bad).toBe(Math.max(0, at - Math.max(0, overMs - ageAtStart)));
        },
      ),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { prepareMonthTimes } from './prepare-month-times.ts';

const none = { detect: null, acknowledge: null, recover: null };

describe('times by month', () => {
  it('are gaps where nothing was measured, and never zero', () => {
    const data = prepareMonthTimes([
      { month: '2026-09', ...none, recover: { medianMs: 90_000 } },
      { month: '2026-10', ...none },
      { month: '2026-11', ...none, detect: { medianMs: 0 } },
    ]);
    expect(data?.points).toEqual([
      { month: '2026-09', detect: null, acknowledge: null, recover: 90_000 },
      { month: '2026-10', detect: null, acknowledge: null, recover: null },
      { month: '2026-11', detect: 0, acknowledge: null, recover: null },
    ]);
    expect(data?.summary).toMatch(/over 3 months, 1 of them without any/);
  });

  it('have round spans on their axis, from 0 to past the longest', () => {
    const data = prepareMonthTimes([{ month: '2026-11', ...none, recover: { medianMs: 3_900_000 } }]);
    expect(data?.ticks[0]).toBe(0);
    expect(data?.ticks.every((each) => each % 60_000 === 0)).toBe(true);
    expect(data?.top).toBeGreaterThan(3_900_000);
  });

  it('are no chart where not one was measured', () => {
    expect(prepareMonthTimes([{ month: '2026-11', ...none }])).toBeNull();
    expect(prepareMonthTimes([])).toBeNull();
  });
});

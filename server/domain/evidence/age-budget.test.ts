import { describe, expect, it } from 'vitest';
import { assessAge } from './age-budget.ts';

const now = new Date('2026-03-14T12:00:00Z');
const ago = (hours: number) => new Date(now.getTime() - hours * 3_600_000).toISOString();

describe('the age of trusted evidence', () => {
  it.each([
    [24, 6, 'within', 0.25, 18],
    [24, 24, 'within', 1, 0],
    [24, 36, 'overdue', 1.5, -12],
    [0.5, 1, 'overdue', 2, -0.5],
  ] as const)('of %i h allowed, %i h old, is %s', (maxAgeHours, hours, status, used, left) => {
    const budget = assessAge({ maxAgeHours, latestTrustedAt: ago(hours) }, now);
    expect(budget).toMatchObject({ status, used, leftMs: left * 3_600_000 });
    expect(budget.runsOutAt).toBe(ago(hours - maxAgeHours));
  });

  it('is no budget where the contract says nothing of it, and no age where nothing is trusted', () => {
    expect(assessAge({ maxAgeHours: null, latestTrustedAt: ago(1000) }, now)).toMatchObject({
      status: 'no-limit',
      ageMs: 1000 * 3_600_000,
      used: null,
    });
    expect(assessAge({ maxAgeHours: 24, latestTrustedAt: null }, now)).toMatchObject({
      status: 'never',
      ageMs: null,
      used: null,
      leftMs: null,
    });
  });

  it('is never below nothing, whatever the clock of who recorded it said', () => {
    expect(assessAge({ maxAgeHours: 24, latestTrustedAt: ago(-1) }, now)).toMatchObject({
      ageMs: 0,
      used: 0,
    });
  });
});

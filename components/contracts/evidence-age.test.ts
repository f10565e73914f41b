import { describe, expect, it } from 'vitest';
import { assessAge } from '@/server/domain/evidence/age-budget.ts';
import { ageAnswer, gapsLeftOut, stripSummary } from './evidence-age.ts';

const now = new Date('2026-03-14T12:00:00Z');
const answer = (maxAgeHours: number | null, hours: number | null) =>
  ageAnswer(
    assessAge(
      {
        maxAgeHours,
        latestTrustedAt: hours === null ? null : new Date(now.getTime() - hours * 3_600_000).toISOString(),
      },
      now,
    ),
  );

describe('the age of trusted evidence, in words', () => {
  it.each([
    [24, 2, 'verified', 'young enough'],
    [24, 20, 'different', 'runs out soon'],
    [24, 30, 'failed', 'overdue'],
    [24, null, 'failed', 'never proven'],
    [null, 9999, 'unknown', 'no limit'],
  ] as const)('of %s h allowed and %s h old is %s', (maxAgeHours, hours, tone, word) => {
    expect(answer(maxAgeHours, hours)).toMatchObject({ tone, word });
  });

  it('says by how much, and what to do', () => {
    expect(answer(24, 30).sentence).toBe(
      'The latest trusted evidence is 1 d 6 h old, which is 6 h more than the contract allows. Replay the whole history.',
    );
  });
});

describe('the strip, in a sentence', () => {
  const months = [{ month: '2026-03', trusted: 3, suspect: 1, untrusted: 0 }];
  const history = { months, gapCount: 0, maxAgeHours: null } as unknown as Parameters<typeof stripSummary>[0];
  it('says what was found, the months without any, and gaps only where something says what a gap is', () => {
    expect(stripSummary(history, 18)).toBe(
      'Evidence of the last 18 months: 3 trusted, 1 suspect, 0 untrusted; 17 months without any.',
    );
    expect(stripSummary({ ...history, maxAgeHours: 24 }, 1)).toContain('; 0 gaps.');
  });

  it('counts all gaps, and says of a list that it leaves some out', () => {
    const gap = { from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z', open: false };
    expect(stripSummary({ ...history, maxAgeHours: 6, gaps: [gap], gapCount: 540 }, 1)).toContain(
      '; 540 gaps.',
    );
    expect(gapsLeftOut({ gaps: [gap], gapCount: 540 })).toContain('the latest 1 of 540 gaps');
    expect(gapsLeftOut({ gaps: [gap], gapCount: 1 })).toBeNull();
  });
});

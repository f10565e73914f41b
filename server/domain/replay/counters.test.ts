import { describe, expect, it } from 'vitest';
import { doubtsIn, noCounts } from './counters.ts';

describe('what of a fold is not to be relied on', () => {
  it.each([
    'quarantined',
    'conflictingDuplicates',
    'absentMissing',
    'absentCompacted',
    'erasedReads',
  ] as const)('counts %s', (name) => {
    expect(doubtsIn({ ...noCounts, [name]: 2 })).toBe(2);
  });

  it('counts nothing of what a replay is trusted with', () => {
    expect(doubtsIn({ ...noCounts, applied: 5, duplicates: 1, filtered: 1 })).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { noCounts } from '../replay/index.ts';
import { addDoubts, doubtsIn, doubtWords, leavesHistoryOpen } from './layer-doubts.ts';

describe('what is doubtful beyond the end of a plan', () => {
  it('is told by kind, and a kind that there was none of is left out', () => {
    const counters = { ...noCounts, applied: 9, duplicates: 3, quarantined: 2, absentMissing: 10 };
    expect(doubtsIn(counters, new Map([['duplicate', 3]]))).toEqual({ quarantined: 2, absentMissing: 10 });
    expect(doubtsIn(noCounts, new Map([['not-deterministic', 1]]))).toEqual({ notDeterministic: 1 });
    expect(doubtsIn(noCounts, new Map())).toEqual({});
  });

  it('adds up over partitions', () => {
    expect(addDoubts({ quarantined: 1 }, { quarantined: 2, erasedReads: 1 }, {})).toEqual({
      quarantined: 3,
      erasedReads: 1,
    });
  });

  it.each([
    ['missing offsets', { absentMissing: 1 }, true],
    ['quarantined records', { quarantined: 1 }, true],
    ['a projection that is not deterministic', { notDeterministic: 1 }, true],
    ['erased values', { erasedReads: 1 }, false],
    ['conflicting redeliveries', { conflictingDuplicates: 1 }, false],
    ['keys in two partitions', { keysInTwoPartitions: 1 }, false],
    ['nothing', {}, false],
  ])('leaves open what history says where a replay would be untrusted: %s', (_, doubts, isOpen) => {
    expect(leavesHistoryOpen(doubts, false)).toBe(isOpen);
  });

  it('leaves it open for compaction only where the contract does not tolerate it', () => {
    expect(leavesHistoryOpen({ absentCompacted: 4 }, false)).toBe(true);
    expect(leavesHistoryOpen({ absentCompacted: 4 }, true)).toBe(false);
  });

  it('is said in one sentence, each kind with its count', () => {
    expect(doubtWords({})).toBeNull();
    expect(doubtWords({ quarantined: 1 })).toBe('1 record could not be folded');
    expect(doubtWords({ conflictingDuplicates: 2, absentMissing: 1_200, erasedReads: 1 })).toBe(
      '1,200 offsets are missing, the projection asked for 1 erased value and 2 events were delivered again with other content',
    );
  });
});

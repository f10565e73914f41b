import { describe, expect, it } from 'vitest';
import { noCounts } from './counters.ts';
import {
  assessAgreement,
  assessConfidence,
  type ConfidenceFacts,
  describeCoverage,
  withDelivered,
} from './verdicts.ts';

const sound: ConfidenceFacts = {
  counters: noCounts,
  findings: new Map(),
  compactionDeclaredHarmless: false,
  waivedQuarantine: 0,
  invariants: { failed: 0, couldNotRun: 0 },
};

describe('confidence', () => {
  it('is trusted where nothing speaks against it', () => {
    expect(assessConfidence(sound)).toEqual({ status: 'trusted', reasons: [] });
  });

  const cases: readonly [string, Partial<ConfidenceFacts>, string, string][] = [
    ['missing history', { counters: { ...noCounts, absentMissing: 1 } }, 'untrusted', 'history-missing'],
    ['compaction holes', { counters: { ...noCounts, absentCompacted: 1 } }, 'untrusted', 'history-compacted'],
    [
      'an F with two results',
      { findings: new Map([['not-deterministic', 1]]) },
      'untrusted',
      'not-deterministic',
    ],
    [
      'quarantine',
      { counters: { ...noCounts, quarantined: 2 }, waivedQuarantine: 1 },
      'untrusted',
      'quarantined',
    ],
    ['a failed invariant', { invariants: { failed: 1, couldNotRun: 0 } }, 'suspect', 'invariant-failed'],
    [
      'an invariant that could not run',
      { invariants: { failed: 0, couldNotRun: 1 } },
      'suspect',
      'invariant-not-run',
    ],
    [
      'a conflicting duplicate',
      { counters: { ...noCounts, conflictingDuplicates: 1 } },
      'suspect',
      'conflicting-duplicate',
    ],
    [
      'a key in two partitions',
      { findings: new Map([['key-in-two-partitions', 1]]) },
      'suspect',
      'key-in-two-partitions',
    ],
    [
      'an erased value that F read',
      { counters: { ...noCounts, erasedReads: 1 } },
      'suspect',
      'erased-subject-changes-state',
    ],
  ];
  it.each(cases)('names %s', (_, change, status, reason) => {
    expect(assessConfidence({ ...sound, ...change })).toEqual({ status, reasons: [reason] });
  });

  it('is untrusted when one reason is enough for it, whatever else there is', () => {
    const both = assessConfidence({
      ...sound,
      counters: { ...noCounts, absentMissing: 1, conflictingDuplicates: 1 },
    });
    expect(both).toEqual({ status: 'untrusted', reasons: ['history-missing', 'conflicting-duplicate'] });
  });

  it('takes waived quarantine and harmless compaction for what they are', () => {
    const counters = { ...noCounts, quarantined: 1, absentCompacted: 5 };
    expect(
      assessConfidence({ ...sound, counters, waivedQuarantine: 1, compactionDeclaredHarmless: true }).status,
    ).toBe('trusted');
  });
});

describe('agreement', () => {
  const live = { failed: 0, couldNotRun: 0 };
  const of = (...outcomes: ('equal' | 'behind' | 'different' | 'could-not-compare')[]) =>
    assessAgreement({ comparisons: outcomes.map((outcome) => ({ outcome })), liveInvariants: live });

  it('is the worst of what was compared', () => {
    expect(of('equal', 'equal')).toBe('equal');
    expect(of('equal', 'behind')).toBe('behind');
    expect(of('equal', 'behind', 'different')).toBe('different');
  });

  it('is never equal where something could not be compared', () => {
    expect(of('equal', 'could-not-compare')).toBe('not-compared');
    expect(of()).toBe('not-compared');
    expect(
      assessAgreement({ comparisons: [{ outcome: 'equal' }], liveInvariants: { failed: 0, couldNotRun: 1 } }),
    ).toBe('not-compared');
  });

  it('is different where an invariant over a live store failed', () => {
    expect(
      assessAgreement({ comparisons: [{ outcome: 'equal' }], liveInvariants: { failed: 1, couldNotRun: 0 } }),
    ).toBe('different');
  });
});

describe('coverage', () => {
  const part = (partition: number) => ({ partition, logStart: '0', lastStable: '10', highWatermark: '10' });
  const history = { kind: 'kafka' as const, partitions: [part(0), part(1)] };
  const range = (partition: number, from: string, to: string) => ({
    partition,
    from,
    to,
    archiveUntil: null,
  });
  const plain = { keysOnly: null, hasBase: false, beganLater: null };

  it('is whole only when every partition is covered from its start to its end', () => {
    expect(describeCoverage(history, [range(0, '0', '10'), range(1, '0', '10')], plain).kind).toBe('whole');
    expect(describeCoverage(history, [range(0, '0', '10'), range(1, '0', '9')], plain).kind).toBe('part');
  });

  it('never lets one partition read as the whole', () => {
    const coverage = describeCoverage(history, [range(0, '0', '10')], plain);
    expect(coverage).toMatchObject({
      kind: 'part',
      partitions: { covered: 1, of: 2 },
      offsets: { covered: '10', of: '20' },
    });
    expect(coverage.sentence).toContain('1 of 2 partitions');
  });

  it('takes no partition for empty that was emptied, and one for covered that never held anything', () => {
    const emptied = { ...part(1), logStart: '10' };
    const ranges = [range(0, '0', '10')];
    expect(describeCoverage({ kind: 'kafka', partitions: [part(0), emptied] }, ranges, plain)).toMatchObject({
      kind: 'part',
      partitions: { covered: 1, of: 2 },
    });
    const never = { ...part(1), lastStable: '0', highWatermark: '0' };
    expect(describeCoverage({ kind: 'kafka', partitions: [part(0), never] }, ranges, plain).kind).toBe(
      'whole',
    );
  });

  it('counts what an archive holds, of a partition that is read and of one that is not', () => {
    const cut = (partition: number) => ({ ...part(partition), logStart: '4' });
    const archived = { kind: 'kafka' as const, partitions: [cut(0), cut(1)] };
    const beginnings = new Map([
      [0, 0n],
      [1, 0n],
    ]);
    const of = (...ranges: ReturnType<typeof range>[]) =>
      describeCoverage(archived, ranges, { ...plain, beginnings });
    expect(of(range(0, '0', '10'), range(1, '0', '10'))).toMatchObject({
      kind: 'whole',
      offsets: { covered: '20', of: '20' },
    });
    expect(of(range(0, '0', '3'))).toMatchObject({
      kind: 'part',
      partitions: { covered: 0 },
      offsets: { covered: '3', of: '20' },
    });
    // Emptied, but for what its archive holds.
    const gone = { kind: 'kafka' as const, partitions: [part(0), { ...part(1), logStart: '10' }] };
    expect(describeCoverage(gone, [range(0, '0', '10')], { ...plain, beginnings })).toMatchObject({
      kind: 'part',
      offsets: { covered: '10', of: '20' },
    });
  });

  it('is part of the history for a scope by keys, though every partition is read', () => {
    const coverage = describeCoverage(history, [range(0, '0', '10'), range(1, '0', '10')], {
      keysOnly: 3,
      hasBase: false,
      beganLater: null,
    });
    expect(coverage).toMatchObject({ kind: 'part', sentence: expect.stringContaining('3 keys') });
  });

  it('does not call whole history what began after events that are gone', () => {
    const late = { kind: 'kafka' as const, partitions: [{ ...part(0), logStart: '4' }] };
    const options = { ...plain, beganLater: 'Partition 0 began at offset 4.' };
    const { sentence } = describeCoverage(late, [range(0, '4', '10')], options);
    expect(sentence).not.toContain('The whole history');
    expect(sentence).toContain('Partition 0 began at offset 4.');
  });

  it('of an event table is in positions, which are no events, and says how many of these were delivered', () => {
    const table = { kind: 'postgres' as const, partitions: [part(0)] };
    const whole = describeCoverage(table, [range(0, '0', '10')], plain);
    expect(whole.sentence).toMatch(/whole history.*10 positions, which may have gaps/);
    expect(whole.sentence).not.toMatch(/offset|partition/);
    const half = describeCoverage(table, [range(0, '0', '5')], plain);
    expect(half.sentence).toMatch(/5 of 10 positions.*nothing about the rest/);
    expect(withDelivered(whole, 7).sentence).toMatch(/7 events were delivered\.$/);
  });
});

import { describe, expect, it } from 'vitest';
import type { ReplayComparison, ReplayDetail } from '@/server/application/views.ts';
import { planRows, resultRows } from './compare-rows.ts';
import { compareAnswer } from './compare-sentence.ts';

function replay(change: Partial<ReplayDetail> = {}): ReplayDetail {
  const facts = {
    id: 'r1',
    contractId: 'inventory',
    contractVersion: 1,
    scope: { kind: 'all' },
    status: 'finished',
    confidence: 'trusted',
    agreement: 'equal',
    confidenceReasons: [],
    coverage: { kind: 'whole', sentence: '' },
    eventsProcessed: 1_842,
    counters: {
      applied: 1_825,
      duplicates: 17,
      conflictingDuplicates: 0,
      filtered: 0,
      quarantined: 0,
      absentMissing: 0,
    },
    discrepancies: 0,
    comparisons: [{ derivedState: 'selling', outcome: 'equal', equal: 412, keys: 412 }],
    invariants: [{ name: 'never_negative', outcome: 'passed' }],
    shadowDigest: 'aa',
    historyDigest: 'bb',
    durationMs: 3_200,
    plan: null,
    rateLimit: null,
    requestedBy: 'ada',
    reason: '',
    ...change,
  };
  // Only what the comparison reads: the whole of it is tested where it is made.
  return facts as unknown as ReplayDetail;
}

const none = {
  settled: 0,
  notComparedAnyMore: 0,
  appeared: 0,
  notComparedBefore: 0,
  changed: 0,
  same: 0,
  rows: [],
};
const view = (change: Partial<ReplayComparison>): ReplayComparison => ({
  before: replay(),
  after: replay({ id: 'r2' }),
  planChanges: [],
  discrepancies: none,
  ...change,
});

describe('the answer of two replays', () => {
  it('says what became of the differences', () => {
    const answer = compareAnswer(view({ discrepancies: { ...none, settled: 2, appeared: 1 } }));
    expect(answer.verdict).toBe(
      'Both read the same history and came to the same state; 2 differences settled, 1 new.',
    );
    expect(answer.tone).toBe('different');
    expect(answer.tab).toBe('2 settled, 1 new');
  });

  it('is good only where everything settled', () => {
    expect(compareAnswer(view({ discrepancies: { ...none, settled: 2 } })).tone).toBe('verified');
    expect(compareAnswer(view({ discrepancies: { ...none, settled: 1, same: 1 } })).tone).toBe('different');
    expect(compareAnswer(view({ discrepancies: { ...none, same: 1 } })).verdict).toContain(
      'the same 1 difference stands',
    );
  });

  it('calls nothing settled that the newer one has not compared', () => {
    const unread = replay({
      id: 'r2',
      agreement: 'not-compared',
      comparisons: [
        { derivedState: 'selling', outcome: 'could-not-compare', equal: 0, keys: 0 },
      ] as unknown as ReplayDetail['comparisons'],
    });
    expect(compareAnswer(view({ after: unread, discrepancies: { ...none, notComparedAnyMore: 2 } }))).toEqual(
      {
        tone: 'unknown',
        verdict:
          'Both read the same history and came to the same state; 2 differences not compared any more; selling was not compared by the newer replay.',
        next: 'Nothing is known any more of what the newer replay did not compare: plan one that compares it.',
        tab: '2 not compared any more',
      },
    );
    expect(compareAnswer(view({ after: unread }))).toMatchObject({
      tone: 'unknown',
      verdict:
        'Both read the same history and came to the same state; no difference is recorded in either; selling was not compared by the newer replay.',
    });
    const mixed = { ...none, settled: 1, notComparedAnyMore: 2, notComparedBefore: 3 };
    expect(compareAnswer(view({ discrepancies: mixed }))).toMatchObject({
      tone: 'different',
      verdict: expect.stringContaining(
        '1 difference settled, 2 not compared any more, 3 where nothing was compared before.',
      ),
    });
  });

  it('is not good where a state was dropped, or compared by neither', () => {
    const without = { agreement: 'not-compared', comparisons: [] } as const;
    expect(compareAnswer(view({ after: replay({ id: 'r2', ...without }) })).verdict).toContain(
      'selling was not compared by the newer replay',
    );
    expect(compareAnswer(view({ before: replay(without) }))).toMatchObject({
      tone: 'unknown',
      verdict: expect.stringContaining('selling was not compared by the older replay'),
    });
    expect(compareAnswer(view({ before: replay(without), after: replay({ id: 'r2', ...without }) }))).toEqual(
      {
        tone: 'unknown',
        verdict:
          'Both read the same history and came to the same state; no derived state was compared by either replay.',
        next: null,
        tab: 'not compared',
      },
    );
    const unread = { derivedState: 'warehouse', outcome: 'could-not-compare', equal: 0, keys: 0 } as const;
    const both = (id: string) =>
      replay({
        id,
        agreement: 'not-compared',
        comparisons: [...replay().comparisons, unread] as unknown as ReplayDetail['comparisons'],
      });
    expect(compareAnswer(view({ before: both('r1'), after: both('r2') })).verdict).toContain(
      'warehouse was not compared by either replay',
    );
  });

  it('is not good where one of the two is not trusted, and says which', () => {
    const settled = { discrepancies: { ...none, settled: 2 } };
    expect(compareAnswer(view({ ...settled, after: replay({ id: 'r2', confidence: 'untrusted' }) }))).toEqual(
      {
        tone: 'failed',
        verdict:
          'Both read the same history and came to the same state; 2 differences settled; the newer replay is untrusted.',
        next: 'An untrusted replay can’t say which state is right: open it to see why.',
        tab: 'untrusted',
      },
    );
    expect(compareAnswer(view({ ...settled, before: replay({ confidence: 'suspect' }) }))).toMatchObject({
      tone: 'different',
      verdict: expect.stringContaining('2 differences settled; the older replay is suspect.'),
    });
    const suspect = { confidence: 'suspect' } as const;
    expect(
      compareAnswer(view({ before: replay(suspect), after: replay({ id: 'r2', ...suspect }) })),
    ).toMatchObject({ tone: 'different', verdict: expect.stringContaining('; both replays are suspect.') });
  });

  it('is not good where one of the two covers only part of the history', () => {
    const part = { coverage: { kind: 'part', sentence: '' } as unknown as ReplayDetail['coverage'] };
    expect(compareAnswer(view({ after: replay({ id: 'r2', ...part }) }))).toMatchObject({
      tone: 'unknown',
      verdict: expect.stringContaining('; the newer replay covers only part of the history.'),
    });
    expect(compareAnswer(view({ before: replay(part), after: replay({ id: 'r2', ...part }) }))).toMatchObject(
      {
        tone: 'unknown',
        verdict: expect.stringContaining('; both replays cover only part of the history.'),
      },
    );
  });

  it('is not good where an invariant over a live store fails or gave no answer, though every key agrees', () => {
    const fails = { agreement: 'different' } as const;
    const unrun = { agreement: 'not-compared' } as const;
    expect(
      compareAnswer(view({ discrepancies: { ...none, settled: 2 }, after: replay({ id: 'r2', ...fails }) })),
    ).toMatchObject({
      tone: 'different',
      verdict:
        'Both read the same history and came to the same state; 2 differences settled; the newer replay found that an invariant over a live store does not hold.',
    });
    expect(compareAnswer(view({ after: replay({ id: 'r2', ...unrun }) }))).toMatchObject({
      tone: 'unknown',
      verdict: expect.stringContaining(
        '; no difference is recorded in either; the newer replay could not run an invariant over a live store.',
      ),
    });
    expect(
      compareAnswer(view({ before: replay(fails), after: replay({ id: 'r2', ...fails }) })),
    ).toMatchObject({
      tone: 'different',
      verdict: expect.stringContaining('; both replays found that an invariant'),
    });
    expect(
      compareAnswer(view({ before: replay(fails), after: replay({ id: 'r2', ...unrun }) })),
    ).toMatchObject({
      tone: 'different',
      verdict: expect.stringMatching(/; the older replay found that .*; the newer replay could not run /),
    });
  });

  it('raises an alarm where one plan gave two states', () => {
    const answer = compareAnswer(view({ after: replay({ id: 'r2', shadowDigest: 'cc' }) }));
    expect(answer.tone).toBe('failed');
    expect(answer.verdict).toBe('The same plan gave two different states.');
  });

  it('does not call another state of another plan an alarm', () => {
    const answer = compareAnswer(
      view({
        after: replay({ id: 'r2', shadowDigest: 'cc' }),
        planChanges: ['Partition 0: 0–311 → 0–312.'],
      }),
    );
    expect(answer.verdict).toContain('Their plans differ in 1 point and their states are not the same');
    expect(answer.tone).toBe('verified');
  });

  it('claims nothing about results that are not there', () => {
    expect(compareAnswer(view({ after: replay({ status: 'cancelled' }) })).verdict).toBe(
      'Only the plans can be compared: one of the two is cancelled.',
    );
    expect(compareAnswer(view({ after: replay({ contractId: 'accounts' }) })).tab).toBe('two contracts');
    expect(compareAnswer(view({ discrepancies: null })).tone).toBe('unknown');
  });
});

describe('the rows of a comparison', () => {
  it('mark what changed and nothing else', () => {
    const rows = resultRows(
      replay(),
      replay({ agreement: 'not-compared', comparisons: [], durationMs: 3_200, shadowDigest: 'cc' }),
    );
    expect(rows.filter((row) => row.changed).map((row) => [row.label, row.before, row.after])).toEqual([
      ['Agreement', 'equal', 'not compared'],
      ['Shadow digest', 'aa', 'cc'],
      ['State selling', 'equal, 412 of 412 keys equal', '—'],
    ]);
  });

  it('have a place for a plan that was refused', () => {
    const rows = planRows(replay(), replay({ scope: { kind: 'partitions', partitions: [2] } }), (id) => id);
    expect(rows.filter((row) => row.changed).map((row) => row.after)).toEqual(['partition 2']);
  });

  it('say who asked by name', () => {
    const rows = planRows(replay(), replay(), (id) => ({ ada: 'Ada Lovelace' })[id] ?? id);
    expect(rows.find((row) => row.label === 'Requested by')?.after).toBe('Ada Lovelace');
  });
});

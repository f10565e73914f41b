import { expect, it } from 'vitest';
import { brokenGlass, noDecisionWords } from './approvals-said.ts';
import type { EvidencePredicate } from './predicate.ts';

const predicate = (approvalsNeeded: number | null, change: object = {}) =>
  ({
    plan: approvalsNeeded === null ? null : { approvalsNeeded },
    approvals: [],
    attachments: [],
    break_glass: null,
    ...change,
  }) as unknown as EvidencePredicate;

it.each<[string, EvidencePredicate, string | null]>([
  ['a plan that needs none', predicate(0), 'none needed'],
  ['a plan that needs two', predicate(2), 'none given of 2'],
  ['a replay that was refused before it had a plan', predicate(null), 'none'],
  ['a record without a plan', predicate(null, { plan: undefined }), 'none'],
  [
    'more decisions than the record has room for',
    predicate(1, { attachments: [{ of: 'approvals', count: 3, shown: 0 }] }),
    '3 decisions, not shown here',
  ],
  ['decisions that are shown', predicate(1, { approvals: [{ by: 'ada', verdict: 'approved' }] }), null],
])('says of %s why no decision is shown: %#', (_, given, words) => {
  expect(noDecisionWords(given)).toBe(words);
});

it('names who let it run without its approvals, and finds nobody where the record names none', () => {
  const break_glass = { incident: 'g1', by: ['olga', 'omar'], at: '2026-11-26T08:00:00.000Z' };
  expect(brokenGlass(predicate(1, { break_glass }))).toEqual(break_glass);
  for (const none of [null, undefined, 'x', {}, { ...break_glass, by: [1] }])
    expect(brokenGlass(predicate(1, { break_glass: none }))).toBe(null);
});

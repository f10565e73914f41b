import { describe, expect, it } from 'vitest';
import type { BudgetSummary } from '@/server/application/budget/views.ts';
import {
  allAnswer,
  budgetAnswer,
  budgetName,
  exhaustedWords,
  percent,
  rateWords,
  readBudgetId,
} from './budget-words.ts';

const nowMs = Date.parse('2026-11-26T12:00:00Z');
const budget = (
  over: Partial<BudgetSummary['standing']> = {},
  more: Partial<BudgetSummary> = {},
): BudgetSummary => ({
  id: 'inventory:lag:group:warehouse',
  contractId: 'inventory',
  contractTitle: 'Inventory',
  indicator: 'lag',
  subject: 'group:warehouse',
  allowance: { kind: 'time', overMs: 60_000, allowedMs: 300_000, minimumSpentMs: 60_000 },
  windowKind: { kind: 'calendar-month' },
  timeZone: 'UTC',
  onBreach: { incident: 'P2', runbook: null, replay: false },
  whyUnmeasured: null,
  firstMs: 0,
  lastMs: nowMs,
  nowMs,
  ...more,
  standing: {
    state: 'within',
    window: { fromMs: 0, toMs: 1 },
    spent: 0,
    allowed: 300_000,
    left: 300_000,
    spentShare: 0,
    total: 0,
    unknown: 0,
    excludedBad: 0,
    excludedMs: 0,
    pairs: [],
    exhaustedAtMs: null,
    ...over,
  },
});
const burning = budget({
  state: 'burning',
  spent: 150_000,
  spentShare: 0.5,
  exhaustedAtMs: Date.parse('2026-11-26T14:32:10Z'),
});

describe('what the list says first', () => {
  it.each([
    ['nothing to say', [], 'No contract has a failure budget.', 'unknown'],
    [
      'nothing measured',
      [budget({ state: 'unmeasured' })],
      'Nothing was measured yet of 1 budget.',
      'unknown',
    ],
    ['all well', [budget(), budget()], 'No budget of 2 burns.', 'verified'],
    [
      'two that burn',
      [burning, budget({ state: 'burning' }), budget()],
      '2 of 3 budgets are burning; warehouse’s lag is exhausted at 2026-11-26T14:32:10.000Z at this rate.',
      'different',
    ],
    [
      'one exhausted',
      [budget({ state: 'exhausted' }), burning],
      '1 of 2 budgets is exhausted; 1 of 2 budgets is burning; warehouse’s lag is exhausted at 2026-11-26T14:32:10.000Z at this rate.',
      'failed',
    ],
    [
      'one that was measured once, and is not in this window',
      [budget({ state: 'unmeasured' }), budget()],
      'No budget of 2 burns.',
      'unknown',
    ],
    ['one that nobody knows', [budget({ state: 'unknown' }), budget()], 'No budget of 2 burns.', 'unknown'],
  ] as const)('of %s', (_name, budgets, verdict, tone) => {
    expect(allAnswer(budgets)).toMatchObject({ verdict, tone });
  });

  it('names what is not measured, which is no good sign', () => {
    expect(allAnswer([budget({ state: 'unknown' }), budget()]).next).toBe(
      '1 budget is not measured, which is no good sign.',
    );
  });
});

describe('what a budget’s page says first', () => {
  it.each([
    [
      burning,
      /burns too fast: 2 min 30 s of 5 min \(50 %\) are spent\. At the rate of the last hour it is exhausted at 2026-11-26T14:32:10\.000Z\./,
    ],
    [
      budget({ state: 'exhausted', spent: 400_000, spentShare: 4 / 3 }),
      /is exhausted: 6 min 40 s of 5 min \(133 %\)/,
    ],
    [budget({ state: 'unknown' }), /too little was measured/],
    [budget({ state: 'unmeasured' }), /Nothing was measured/],
    [budget(), /^Nothing is spent/],
    [
      budget(
        { state: 'exhausted', spent: 1, allowed: 0, spentShare: null },
        { indicator: 'losses', subject: '', allowance: { kind: 'none', graceMs: 1 } },
      ),
      /^1 event was lost, and none may be\.$/,
    ],
    [
      budget(
        { state: 'few', total: 9_000 },
        {
          indicator: 'duplicates',
          subject: '',
          allowance: { kind: 'share', share: 0.0001, minimumCount: 10_000 },
        },
      ),
      /^9,000 were counted in this window: too few/,
    ],
  ])('where it is %#', (of, verdict) => {
    expect(budgetAnswer(of).verdict).toMatch(verdict);
  });
});

it('an address names the same budget however it was pasted', () => {
  const id = 'inventory:lag:group:a%2Fb%20c';
  for (const pasted of [id, 'inventory%3Alag%3Agroup%3Aa%2Fb%20c', 'inventory:lag:group:a/b c'])
    expect(readBudgetId(pasted)).toBe(id);
  expect(readBudgetId('100%')).toBe('100%25');
});

it('figures are told with what they need', () => {
  expect([0.0001, 0.001, 0.00005, 0.5].map(percent)).toEqual(['0.01 %', '0.10 %', '0.005 %', '50 %']);
  expect([null, 0, 0.001, 14.4, 1_234].map(rateWords)).toEqual([
    'none counted',
    '0',
    '< 0.01',
    '14.40',
    '1,234',
  ]);
  expect(budgetName({ indicator: 'lag', subject: 'state:selling' })).toBe('Lag of selling');
});

it('of what is too little or not known, nothing is said about when it is exhausted', () => {
  const states = ['exhausted', 'few', 'unknown', 'unmeasured', 'within'] as const;
  expect(states.map((state) => exhaustedWords(budget({ state })))).toEqual([
    'already',
    'too few to say',
    'not known',
    'not known',
    'not in this window',
  ]);
  const few = budget(
    { state: 'few', spent: 1_322, allowed: 0.27, spentShare: 4_947.6, total: 2_700 },
    { indicator: 'duplicates', allowance: { kind: 'share', share: 0.0001, minimumCount: 10_000 } },
  );
  expect(budgetAnswer(few).next).toMatch(/1,322 went wrong, where 0\.27 of so few may\.$/);
});

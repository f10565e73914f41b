import { describe, expect, it } from 'vitest';
import { budgetsOf } from '../contract/index.ts';
import { breachOf, decideTelling, type Told } from './breach.ts';
import { type Exclusion, excludedSpans, toFullMinutes } from './exclusion.ts';
import { budgetId, objectiveOf } from './objective.ts';
import type { PairStanding, Standing } from './standing.ts';

const lag = objectiveOf(budgetsOf(), 'lag');
const losses = objectiveOf(budgetsOf(), 'losses');
if (lag === null || losses === null) throw new Error('the usual budgets are there');

const pair = (urgency: 'page' | 'ticket', verdict: PairStanding['verdict']): PairStanding => {
  const lookBack = { ms: 1, rate: 20, exceeds: true, isPartly: false };
  return {
    name: '',
    urgency,
    threshold: 1,
    spentShare: 0.1,
    long: lookBack,
    short: lookBack,
    verdict,
    why: '',
  };
};
const standing = (state: Standing['state'], spent = 0, pairs: readonly PairStanding[] = []): Standing => ({
  state,
  spent,
  pairs,
  window: { fromMs: 0, toMs: 1 },
  allowed: 300_000,
  left: 300_000 - spent,
  spentShare: spent / 300_000,
  total: 0,
  unknown: 0,
  excludedBad: 0,
  excludedMs: 0,
  exhaustedAtMs: null,
});
const paging = standing('burning', 90_000, [pair('page', 'fires'), pair('ticket', 'fires')]);
const ticketing = standing('burning', 90_000, [pair('page', 'held'), pair('ticket', 'fires')]);

describe('the class of a breach', () => {
  it.each([
    ['exhausted', standing('exhausted', 300_000), { why: 'exhausted', class: 'P2' }],
    ['paging', paging, { why: 'page', class: 'P2' }],
    ['only a ticket', ticketing, { why: 'ticket', class: 'P3' }],
    ['held back', standing('within', 0, [pair('page', 'held')]), null],
    ['unknown', standing('unknown', 0, [pair('page', 'unknown')]), null],
  ])('where it is %s', (_name, of, breach) => {
    expect(breachOf(lag, of)).toEqual(breach);
  });

  it('is P1 of a loss, stays P4 below P4, and is none where the contract wants none', () => {
    expect(breachOf(losses, standing('exhausted', 1))).toEqual({ why: 'lost', class: 'P1' });
    const as = (incident: 'P4' | null) => ({ ...lag, onBreach: { ...lag.onBreach, incident } });
    expect(breachOf(as('P4'), ticketing)).toEqual({ why: 'ticket', class: 'P4' });
    expect(breachOf(as(null), standing('exhausted', 300_000))).toBeNull();
  });
});

describe('what is told', () => {
  const told = (spent: number, why: Told['why'] = 'page', atMs = 1): Told => ({
    class: 'P2',
    why,
    spent,
    atMs,
  });
  it.each([
    ['a breach that is new', lag, null, paging, 'raise'],
    [
      'one of the month before, exhausted in this one',
      lag,
      told(900_000, 'exhausted', -1),
      standing('exhausted', 300_000),
      'raise',
    ],
    [
      'one of this month, exhausted as it was told',
      lag,
      told(300_000, 'exhausted'),
      standing('exhausted', 300_000),
      'nothing',
    ],
    [
      'one of the month before, of which little is spent in this one',
      lag,
      told(900_000, 'page', -1),
      { ...paging, spent: 1_000 },
      'nothing',
    ],
    ['one that stands as it was told', lag, told(90_000), paging, 'nothing'],
    ['one that is worse by less than a tenth', lag, told(60_001), paging, 'nothing'],
    ['one that is worse by a tenth', lag, told(60_000), paging, 'raise'],
    ['one of a lower class, which is it growing old', lag, told(90_000), ticketing, 'nothing'],
    ['one of a higher class', lag, { ...told(90_000, 'ticket'), class: 'P3' }, paging, 'raise'],
    ['one for another reason', lag, told(300_000), standing('exhausted', 300_000), 'raise'],
    ['one that is over', lag, told(90_000), standing('within', 90_000), 'clear'],
    ['one that nobody knows to be over', lag, told(90_000), standing('unknown', 90_000), 'nothing'],
    ['one of which nothing is measured any more', lag, told(90_000), standing('unmeasured'), 'nothing'],
    ['a second loss', losses, told(1, 'lost'), standing('exhausted', 2), 'raise'],
    ['the same loss', losses, told(2, 'lost'), standing('exhausted', 2), 'nothing'],
    ['losses that came to none', losses, told(2, 'lost'), standing('within'), 'clear'],
    ['losses of the window before', losses, told(2, 'lost'), standing('unmeasured'), 'clear'],
    ['nothing', lag, null, standing('within'), 'nothing'],
  ] as const)('of %s', (_name, objective, before, now, kind) => {
    const losing = before?.why === 'lost' ? ({ ...before, class: 'P1' } as const) : before;
    expect(decideTelling(objective, losing, now).kind).toBe(kind);
  });
});

describe('exclusions', () => {
  const of = (over: Partial<Exclusion> & { fromMs: number; toMs: number }): Exclusion => ({
    id: 'x',
    contractId: 'inventory',
    indicator: null,
    subject: null,
    ends: [],
    ...over,
  });
  const budget = { contractId: 'inventory', indicator: 'lag', subject: 'group:a' } as const;

  it('of a budget are those of its contract and its own, joined where they touch', () => {
    const spans = excludedSpans(
      [
        of({ fromMs: 50, toMs: 60 }),
        of({ fromMs: 0, toMs: 10 }),
        of({ fromMs: 5, toMs: 20, indicator: 'lag', subject: 'group:a' }),
        of({ fromMs: 20, toMs: 30, indicator: 'lag' }),
        of({ fromMs: 30, toMs: 40, indicator: 'lag', subject: 'group:b' }),
        of({ fromMs: 30, toMs: 40, indicator: 'losses' }),
        of({ fromMs: 30, toMs: 40, contractId: 'orders' }),
      ],
      budget,
    );
    expect(spans).toEqual([
      { fromMs: 0, toMs: 30 },
      { fromMs: 50, toMs: 60 },
    ]);
  });

  it('end where they were ended first, and count for nothing once revoked', () => {
    const ended = of({
      fromMs: 0,
      toMs: 100,
      ends: [
        { kind: 'ended', atMs: 60 },
        { kind: 'ended', atMs: 80 },
      ],
    });
    expect(excludedSpans([ended], budget)).toEqual([{ fromMs: 0, toMs: 60 }]);
    const revoked = { ...ended, ends: [...ended.ends, { kind: 'revoked' as const, atMs: 90 }] };
    expect(excludedSpans([revoked], budget)).toEqual([]);
    expect(
      excludedSpans([of({ fromMs: 50, toMs: 100, ends: [{ kind: 'ended', atMs: 40 }] })], budget),
    ).toEqual([]);
  });

  it('begin and end with full minutes', () => {
    expect(toFullMinutes({ fromMs: 61_000, toMs: 119_000 })).toEqual({ fromMs: 60_000, toMs: 120_000 });
    expect(toFullMinutes({ fromMs: 60_000, toMs: 120_000 })).toEqual({ fromMs: 60_000, toMs: 120_000 });
  });
});

it.each([
  [
    { contractId: 'inventory', indicator: 'lag', subject: 'group:warehouse-projector' },
    'inventory:lag:group:warehouse-projector',
  ],
  [{ contractId: 'inventory', indicator: 'losses', subject: '' }, 'inventory:losses'],
  [{ contractId: 'inventory', indicator: 'lag', subject: 'group:a/b c' }, 'inventory:lag:group:a%2Fb%20c'],
] as const)('the address of %o is %s', (name, id) => {
  expect(budgetId(name)).toBe(id);
});

import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { PromotionDetail } from '@/server/application/promotion/views.ts';
import { PromotionFacts } from './promotion-facts.tsx';

const comparison = {
  derivedState: 'shelf',
  outcome: 'could-not-compare',
  problem: 'item-7 is locked',
  equal: 0,
  missing: 0,
  extra: 0,
  different: 0,
};
const erasure = {
  id: 'e1',
  at: '2026-11-26T10:00:00.000Z',
  by: 'the owner',
  reason: 'asked for by item-7',
  unusable: true,
  counts: [
    { part: 'promotionRows', count: 1 },
    { part: 'words', count: 3 },
  ],
  attachments: [],
};
const promotion = {
  plan: {
    target: { connection: 'shop', table: 'shelf', key: 'item' },
    diffDigest: 'a'.repeat(64),
    replay: { shadowDigest: 'b'.repeat(64) },
  },
  planHash: 'c'.repeat(64),
  requestedAt: '2026-11-26T09:00:00.000Z',
  reason: 'item-7 is wrong',
  undoes: null,
  undoneBy: null,
  erasures: [],
  outcome: {
    appliedAt: null,
    heldMs: null,
    positions: [],
    token: '1',
    after: {
      comparisons: [comparison],
      invariants: [{ name: 'sum', outcome: 'could-not-run', problem: 'item-7 is locked' }],
    },
  },
} as unknown as PromotionDetail;
const shown = (own: Partial<PromotionDetail>) =>
  renderToStaticMarkup(createElement(PromotionFacts, { promotion: { ...promotion, ...own } }));

describe('what a page says of a promotion', () => {
  it('is why it was asked for, and why something could not be looked at', () => {
    expect(shown({}).match(/item-7 is/g)).toHaveLength(3);
  });

  it('is of each word that was erased that it was, when and why', () => {
    const { outcome } = promotion;
    if (outcome?.after == null) throw new Error('no outcome');
    const { comparisons, invariants } = outcome.after;
    const less = {
      ...outcome,
      after: {
        comparisons: comparisons.map((each) => ({ ...each, problem: null })),
        invariants: invariants.map((each) => ({ ...each, problem: null })),
      },
    };
    const page = shown({ reason: '', outcome: less, erasures: [erasure] as PromotionDetail['erasures'] });
    expect(page).toMatch(/erased on .*the owner.*asked for by item-7/);
    expect(page.match(/the reason was erased/g)).toHaveLength(2);
  });

  it('is that no reason was given, where none was and none was erased', () => {
    const ofRows = [{ ...erasure, counts: [{ part: 'promotionRows', count: 1 }] }];
    expect(shown({ reason: '', erasures: ofRows as PromotionDetail['erasures'] })).toContain('none given');
  });
});

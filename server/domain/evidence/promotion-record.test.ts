import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Sha256 } from '../shared/digests.ts';
import {
  checkPromotion,
  type PromotionFacts,
  promotionRecord,
  promotionRemarks,
  promotionRowsText,
} from './promotion-record.ts';
import { statementMaxBytes, statementText } from './record.ts';

const sha256: Sha256 = (data) => createHash('sha256').update(data).digest('hex') as ReturnType<Sha256>;
const hex = 'a'.repeat(64);

const facts: PromotionFacts = {
  promotionId: 'p1',
  status: 'promoted',
  failure: null,
  plan: {
    format: 'reprise.promotion/v1',
    contract: { id: 'inventory', version: 1, bundleDigest: hex },
    replay: { id: 'r1', planHash: hex, shadowDigest: hex, evidenceId: 'e1' },
    derivedState: 'selling',
    target: { connection: 'shop', table: 'selling_state', key: 'sku' },
    keys: 2,
    fields: 2,
    diffDigest: hex,
    approvalsNeeded: 1,
    undoes: null,
  },
  planHash: hex,
  written: 1,
  alreadyRight: 0,
  changed: 1,
  target: { token: '7', appliedAt: '2026-11-26T00:00:00.000Z', heldMs: 12, positions: [] },
  after: { comparisons: [], invariants: [] },
  approvals: [
    {
      by: 'ada',
      at: '2026-11-26T00:00:00.000Z',
      verdict: 'approved',
      void: null,
      reason: 'JAR-2412 is wrong',
    },
  ],
  breakGlass: null,
  requestedBy: 'olga',
  reason: 'JAR-2412 is wrong',
  requestedAt: '2026-11-26T00:00:00.000Z',
  startedAt: '2026-11-26T00:00:00.000Z',
  endedAt: '2026-11-26T00:00:01.000Z',
  remarksDigest: hex,
  rowsDigest: hex,
  software: { reprise: '0' },
};
const approval = { by: 'ada', at: '', verdict: 'approved' as const, void: null, reason: '' };
const parsed = (given: PromotionFacts) => JSON.parse(statementText(promotionRecord(given, sha256).statement));

describe('the record of a promotion', () => {
  it('of which nobody could ask the target says neither that it was written nor that it was not', () => {
    const statement = parsed({
      ...facts,
      status: 'failed',
      failure: { code: 'promotion-unknown', sentence: 'the database was sold' },
      written: 0,
      changed: 0,
      target: null,
      after: null,
    });
    expect(checkPromotion(statement)).toEqual({ outcome: 'passed', by: 'outcome-unknown' });
    expect(statement.predicate).toMatchObject({ failure: { code: 'promotion-unknown' }, target: null });
    expect(statement.predicate.does_not_prove).toContain(
      'That nothing was written, or that anything was: nobody could ask the target, and it may hold all of it.',
    );
  });

  it('quotes nobody and names no key: what was said and the rows stand beside it, each for itself', () => {
    const text = statementText(promotionRecord(facts, sha256).statement);
    expect(text).not.toContain('JAR-2412');
    expect(JSON.stringify(promotionRemarks(facts, 'salt'))).toContain('JAR-2412 is wrong');
    const rows = [{ key: 'JAR-2412', before: { quantity: 380 } }];
    expect(promotionRowsText(rows, 'salt')).toContain('380');
    expect(JSON.stringify(promotionRemarks(facts, 'salt'))).not.toContain('380');
  });

  it('says what it does not prove of keys that were left alone', () => {
    expect(parsed(facts).predicate.does_not_prove.join()).toContain('1 of its keys');
  });

  it('fits a leaf of the log however many partitions and approvals there were', () => {
    const positions = Array.from({ length: 5_000 }, (_, partition) => ({ partition, next: '123456789' }));
    const many = { ...facts, target: facts.target && { ...facts.target, positions } };
    const { statement, attachments } = promotionRecord(many, sha256);
    expect(statementText(statement).length).toBeLessThanOrEqual(statementMaxBytes);
    expect(attachments.map(({ name }) => name)).toContain('target.positions');
    expect(checkPromotion(JSON.parse(statementText(statement)))).toEqual({
      outcome: 'passed',
      by: 'approvals',
    });
  });
});

describe('the check of a promotion’s record', () => {
  it('passes where keys add up and others approved', () => {
    expect(checkPromotion(parsed(facts))).toEqual({ outcome: 'passed', by: 'approvals' });
  });

  it('says by what it passes: it looks at approvals only where something was written by them', () => {
    const reasons = ['now', 'now'];
    const breakGlass = { incident: 'g', by: ['olga', 'omar'], at: '2026-11-26T00:00:00.000Z', reasons };
    const of = (change: Partial<PromotionFacts>) => checkPromotion(parsed({ ...facts, ...change }));
    expect(of({ approvals: [], breakGlass })).toEqual({ outcome: 'passed', by: 'broken-glass' });
    const unwritten = { approvals: [], written: 0, changed: 0, target: null, after: null };
    for (const status of ['refused', 'failed', 'withdrawn'] as const)
      expect(of({ ...unwritten, status })).toEqual({ outcome: 'passed', by: 'nothing-written' });
  });

  it.each([
    ['more keys than planned', { written: 2 }],
    ['the requester as the only approver', { requestedBy: 'ada' }],
    ['nobody', { approvals: [] }],
    ['a rejection', { approvals: [{ by: 'ada', at: '', verdict: 'rejected', void: null, reason: '' }] }],
    ['an approval that was taken back', { approvals: [{ ...approval, void: 'it ran out' }] }],
    [
      'a rejection beside an approval',
      { approvals: [approval, { ...approval, by: 'lin', verdict: 'rejected' as const }] },
    ],
    ['nothing that it did in the target', { target: null }],
    ['nothing written and nothing right', { written: 0, changed: 2 }],
    ['a refusal that wrote', { status: 'refused' }],
  ] as const)('fails with %s', (_, change) => {
    expect(checkPromotion(parsed({ ...facts, ...change }))).toMatchObject({ outcome: 'failed' });
  });

  it('fails with a list of approvals that says it was cut and lacks none', () => {
    const record = parsed({ ...facts, approvals: [] });
    record.predicate.attachments = [{ of: 'approvals', count: 0 }];
    expect(checkPromotion(record)).toMatchObject({ outcome: 'failed' });
  });

  it.each(['promotion', 'diff', 'shadow-state'])('fails with another %s than its plan names', (name) => {
    const record = parsed(facts);
    for (const each of record.subject) if (each.name === name) each.digest.sha256 = 'b'.repeat(64);
    expect(checkPromotion(record)).toMatchObject({ outcome: 'failed' });
  });
});

import { describe, expect, it } from 'vitest';
import type { EvidenceView } from '@/server/application/views.ts';
import { evidenceAnswer } from './evidence-sentence.ts';

const sentenceOf = (projectionsChanged: number) =>
  evidenceAnswer({
    contractId: 'inventory',
    status: 'finished',
    confidence: 'trusted',
    agreement: 'different',
    projectionsChanged,
  } as EvidenceView).verdict;

describe('what a record says in a sentence', () => {
  it('counts discrepancies for what they are: a key once in each derived state', () => {
    expect(sentenceOf(3)).toBe(
      'The replayed state of inventory is trusted; it has 3 discrepancies with live states, each of one key in one of them.',
    );
    expect(sentenceOf(1)).toContain('1 discrepancy with');
  });

  it('names a failed live invariant where no key differs', () => {
    expect(sentenceOf(0)).toContain('an invariant over a live store does not hold');
  });

  it('is green of a replay only where it is trusted and every live state agreed', () => {
    const of = (agreement: EvidenceView['agreement']) =>
      evidenceAnswer({
        contractId: 'inventory',
        status: 'finished',
        confidence: 'trusted',
        agreement,
      } as EvidenceView);
    expect(of('equal').tone).toBe('verified');
    expect(of('behind').tone).toBe('accent');
    // It may be an invariant over a live store that gave no answer, where every state was compared.
    expect(of('not-compared')).toMatchObject({
      tone: 'unknown',
      verdict: expect.stringContaining('whether every live state agrees with it is not known'),
    });
  });

  it('is not green of a replay of part of its history, and says that it is of part', () => {
    const of = (change: Partial<EvidenceView>) =>
      evidenceAnswer({
        contractId: 'inventory',
        status: 'finished',
        confidence: 'trusted',
        agreement: 'equal',
        coverageKind: 'part',
        ...change,
      } as EvidenceView);
    expect(of({})).toMatchObject({
      tone: 'unknown',
      verdict:
        'The replayed state of inventory is trusted; it is of part of the history, and every live state agreed with it.',
    });
    expect(of({ agreement: 'behind' })).toMatchObject({
      tone: 'accent',
      verdict: expect.stringContaining('of part of the history, and a live state was behind it'),
    });
    expect(of({ confidence: 'suspect' }).tone).toBe('different');
    expect(of({ coverageKind: 'whole' })).toMatchObject({
      tone: 'verified',
      verdict: 'The replayed state of inventory is trusted; every live state agreed with it.',
    });
  });

  it('says neither that it was written nor that it was not of a promotion whose target nobody could ask', () => {
    const of = (change: Partial<EvidenceView>) =>
      evidenceAnswer({
        kind: 'promotion',
        contractId: 'inventory',
        status: 'failed',
        ...change,
      } as EvidenceView);
    expect(of({ outcomeUnknown: true })).toMatchObject({
      tone: 'unknown',
      verdict:
        'Whether a promotion of inventory wrote anything is not known: nobody could ask its target; this record says why.',
    });
    expect(of({ outcomeUnknown: false })).toMatchObject({
      tone: 'failed',
      verdict: 'A promotion of inventory ended as failed, and wrote nothing; this record says why.',
    });
  });

  it('says of a step that nobody can tell of that its outcome is not known', () => {
    const of = (outcomeUnknown: boolean) =>
      evidenceAnswer({
        kind: 'runbook-step',
        contractId: 'inventory',
        status: 'failed',
        outcomeUnknown,
      } as EvidenceView);
    expect(of(true)).toMatchObject({
      tone: 'unknown',
      verdict:
        'Whether a step of a runbook for inventory was done is not known; what it proves is that it was asked for, and that nobody could tell.',
    });
    expect(of(false)).toMatchObject({ tone: 'failed', verdict: expect.stringContaining('ended as failed') });
  });

  it('says of broken glass that it was, and of its review that somebody has looked into it', () => {
    const of = (status: string) =>
      evidenceAnswer({ kind: 'break-glass', contractId: 'inventory', status } as EvidenceView);
    expect(of('broken')).toMatchObject({
      tone: 'failed',
      verdict: expect.stringContaining('without its approvals'),
    });
    expect(of('reviewed')).toMatchObject({ verdict: expect.stringMatching(/^Somebody has reviewed/) });
  });
});

import { describe, expect, it } from 'vitest';
import type { EvidenceSummary } from '@/server/application/views.ts';
import { evidenceAnswer } from './evidence-sentence.ts';

const sentenceOf = (projectionsChanged: number) =>
  evidenceAnswer({
    contractId: 'inventory',
    status: 'finished',
    confidence: 'trusted',
    agreement: 'different',
    projectionsChanged,
  } as EvidenceSummary).verdict;

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
    const of = (agreement: EvidenceSummary['agreement']) =>
      evidenceAnswer({
        contractId: 'inventory',
        status: 'finished',
        confidence: 'trusted',
        agreement,
      } as EvidenceSummary);
    expect(of('equal').tone).toBe('verified');
    expect(of('behind').tone).toBe('accent');
    // It may be an invariant over a live store that gave no answer, where every state was compared.
    expect(of('not-compared')).toMatchObject({
      tone: 'unknown',
      verdict: expect.stringContaining('whether every live state agrees with it is not known'),
    });
  });

  it('says of broken glass that it was, and of its review that somebody has looked into it', () => {
    const of = (status: string) =>
      evidenceAnswer({ kind: 'break-glass', contractId: 'inventory', status } as EvidenceSummary);
    expect(of('broken')).toMatchObject({
      tone: 'failed',
      verdict: expect.stringContaining('without its approvals'),
    });
    expect(of('reviewed')).toMatchObject({ verdict: expect.stringMatching(/^Somebody has reviewed/) });
  });
});

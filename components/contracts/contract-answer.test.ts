import { describe, expect, it } from 'vitest';
import type { ContractDetail } from '@/server/application/views.ts';
import { contractAnswer } from './contract-answer.ts';

type Proof = NonNullable<ContractDetail['lastProof']>;

const answerOf = (change: Partial<Proof>, offsetsSince: string | null = null) =>
  contractAnswer(
    {
      version: 2,
      readiness: null,
      readinessChecks: [],
      lastProof: {
        contractVersion: 2,
        ofLatestCode: true,
        confidence: 'trusted',
        agreement: 'equal',
        discrepancies: 0,
        requestedAt: '2026-03-01T14:02:00Z',
        compared: [{ derivedState: 'shop', outcome: 'equal' }],
        ...change,
      } as Proof,
    },
    offsetsSince,
  );

describe('the answer of a contract’s page', () => {
  it('says which end of the history was proven, and how much has come since', () => {
    expect(answerOf({}, '1947')).toMatchObject({
      tone: 'verified',
      verdict: 'Every live state agreed with history up to its end of 2026-03-01 14:02:00 UTC.',
      next: '1,947 offsets were written since, and nothing of them is proven.',
    });
    expect(answerOf({}, '0').next).toBeNull();
  });

  it('never gives an older version’s agreement for the latest one’s', () => {
    const differing = [{ derivedState: 'shop', outcome: 'different' as const }];
    const older = { contractVersion: 1, ofLatestCode: false };
    expect(answerOf(older)).toMatchObject({ tone: 'unknown', tab: 'stale' });
    expect(
      answerOf({ ...older, agreement: 'different', discrepancies: 2, compared: differing }),
    ).toMatchObject({
      tone: 'different',
      verdict:
        'A trusted replay differs from live state on 2 keys. Version 2 was never replayed in full; the last proof is of version 1.',
    });
  });

  it('says that an invariant over a live store fails, or could not be run, where every key agrees', () => {
    expect(answerOf({ agreement: 'different' })).toMatchObject({
      tone: 'different',
      verdict:
        'An invariant over a live store does not hold, though every compared key agrees with history; the replayed state is trusted.',
      tab: 'an invariant fails',
    });
    expect(answerOf({ agreement: 'not-compared' })).toMatchObject({
      tone: 'unknown',
      verdict:
        'An invariant over a live store could not be run, though every compared key agrees with history; the replayed state is trusted.',
    });
  });

  it('says which state could not be compared, and that none was only where none was', () => {
    const compared = [{ derivedState: 'shop', outcome: 'could-not-compare' as const }];
    expect(answerOf({ agreement: 'not-compared', compared })).toMatchObject({
      tone: 'unknown',
      verdict: 'Shop could not be compared with history; the replayed state is trusted.',
    });
    expect(answerOf({ agreement: 'not-compared', compared: [] }).verdict).toBe(
      'The replayed state is trusted; no live state was compared with it.',
    );
  });

  it('says what a failed readiness check found before what to do about it', () => {
    const readiness = { passed: 0, warnings: 0, failed: 1, couldNotRun: 0, checkedAt: '' };
    const check = {
      name: 'Derived state selling can be read',
      outcome: 'failed' as const,
      found: 'The table "selling" has no column "sku".',
      consequence: '',
      remedy: 'Correct what was found, then check again.',
    };
    const answer = contractAnswer({ version: 2, lastProof: null, readiness, readinessChecks: [check] }, null);
    expect(answer.next).toBe(
      'The table "selling" has no column "sku". Correct what was found, then check again.',
    );
  });
});

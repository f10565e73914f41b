import { describe, expect, it } from 'vitest';
import type { ContractSummary } from '@/server/application/views.ts';
import { listAnswer } from './list-sentence.ts';

type Readiness = NonNullable<ContractSummary['readiness']>;

const contract = (readiness: Partial<Readiness> | null) => ({
  readiness: readiness && {
    passed: 3,
    warnings: 0,
    failed: 0,
    couldNotRun: 0,
    checkedAt: '2026-03-01T14:02:00Z',
    ...readiness,
  },
});

describe('the answer of the list of contracts', () => {
  it('is green where every check ran and passed', () => {
    expect(listAnswer([contract({}), contract({})], 0)).toEqual({
      tone: 'verified',
      verdict: '2 contracts are registered, and no readiness check fails.',
    });
    expect(listAnswer([contract({})], 0).verdict).toBe(
      '1 contract is registered, and no readiness check fails.',
    );
  });

  it.each([
    [[null], 'unknown', '1 contract is registered; it was never checked for readiness.'],
    [[{}, null], 'unknown', '2 contracts are registered; 1 was never checked for readiness.'],
    [[{}, null, null], 'unknown', '3 contracts are registered; 2 were never checked for readiness.'],
    [[{ couldNotRun: 1 }], 'unknown', '1 contract is registered; a readiness check of it could not be run.'],
    [
      [{}, { couldNotRun: 2 }],
      'unknown',
      '2 contracts are registered; a readiness check of 1 could not be run.',
    ],
    [
      [null, { couldNotRun: 1, warnings: 1 }],
      'unknown',
      '2 contracts are registered; 1 was never checked for readiness; a readiness check of 1 could not be run.',
    ],
    [[{ passed: 0 }], 'unknown', '1 contract is registered; it was never checked for readiness.'],
    [
      [{}, { warnings: 1 }],
      'different',
      '2 contracts are registered, and no readiness check fails; 1 has warnings.',
    ],
  ] as const)('is not green over %j', (readiness, tone, verdict) => {
    expect(listAnswer(readiness.map(contract), 0)).toEqual({ tone, verdict });
  });

  it('says first what could not be registered, and then what fails', () => {
    expect(listAnswer([contract({ failed: 1 }), contract(null)], 2)).toEqual({
      tone: 'failed',
      verdict: '2 contract files could not be registered.',
    });
    expect(listAnswer([contract({ failed: 1 }), contract(null)], 0)).toEqual({
      tone: 'different',
      verdict: '1 contract of 2 would not replay well: a readiness check fails.',
    });
    expect(listAnswer([], 0)).toEqual({ tone: 'unknown', verdict: 'No contract is registered yet.' });
  });
});

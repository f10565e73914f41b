import { describe, expect, it } from 'vitest';
import type { ContractSummary } from '@/server/application/views.ts';
import { indexAnswer } from './index-sentence.ts';

type Proof = NonNullable<ContractSummary['lastProof']>;

const contract = (title: string, proof: Partial<Proof> | null, derivedStates = ['shop', 'warehouse']) =>
  ({
    title,
    derivedStates,
    goneAt: null,
    lastProof: proof && {
      ofLatestCode: true,
      confidence: 'trusted',
      agreement: 'equal',
      discrepancies: 0,
      compared: derivedStates.map((derivedState) => ({ derivedState, outcome: 'equal' })),
      ...proof,
    },
  }) as unknown as ContractSummary;

const sound = contract('Accounts', {});

describe('the answer of the list of states', () => {
  it('is green where every proof is trusted and equal', () => {
    expect(indexAnswer([sound, contract('Stock', {})])).toMatchObject({
      tone: 'verified',
      verdict: 'No compared state disagrees with history.',
    });
  });

  it('names the contracts whose states disagree', () => {
    const differing = contract('Stock', { agreement: 'different', discrepancies: 2 });
    expect(indexAnswer([sound, differing])).toEqual({
      tone: 'different',
      verdict: 'The states of Stock disagree with history.',
      tab: '1 contract differs · States',
    });
  });

  it('judges no contract whose file is gone, whatever its last proof has found', () => {
    const gone = (title: string, proof: Partial<Proof> | null) => ({
      ...contract(title, proof),
      goneAt: '2026-11-27T00:00:00.000Z',
    });
    const differing = gone('Stock', { agreement: 'different', discrepancies: 2 });
    expect(indexAnswer([sound, differing, gone('Orders', null)])).toEqual(indexAnswer([sound]));
    expect(indexAnswer([contract('Accounts', null), gone('Stock', {})])).toMatchObject({ tone: 'unknown' });
    expect(indexAnswer([differing])).toEqual({
      tone: 'unknown',
      verdict: 'Of no registered contract is there still a file: no state is judged.',
      tab: 'States',
    });
  });

  const cases: [string, Partial<Proof>, string, string][] = [
    ['untrusted', { confidence: 'untrusted' }, 'failed', 'the last replay of Stock is untrusted'],
    ['suspect', { confidence: 'suspect' }, 'different', 'the last replay of Stock is suspect'],
    [
      'without a verdict',
      { confidence: null, agreement: null },
      'unknown',
      'the last replay of Stock is without a verdict',
    ],
    [
      'different by a live invariant alone',
      { agreement: 'different' },
      'different',
      'an invariant over a live store of Stock does not hold',
    ],
    [
      'not compared for a live invariant that gave no answer',
      { agreement: 'not-compared' },
      'unknown',
      'an invariant over a live store of Stock could not be run',
    ],
    [
      'not compared in one state',
      {
        agreement: 'not-compared',
        compared: [
          { derivedState: 'shop', outcome: 'equal' },
          { derivedState: 'warehouse', outcome: 'could-not-compare' },
        ],
      },
      'unknown',
      'warehouse of Stock was not compared',
    ],
    [
      'not compared at all',
      { agreement: 'not-compared', compared: [] },
      'unknown',
      'shop and warehouse of Stock were not compared',
    ],
    [
      'behind',
      {
        agreement: 'behind',
        compared: [
          { derivedState: 'shop', outcome: 'equal' },
          { derivedState: 'warehouse', outcome: 'behind' },
        ],
      },
      'accent',
      'warehouse of Stock was behind',
    ],
    [
      'of an older version',
      { ofLatestCode: false },
      'unknown',
      'the latest version of Stock was never replayed in full',
    ],
  ];
  it.each(cases)('is not green where a proof is %s', (_, proof, tone, clause) => {
    expect(indexAnswer([sound, contract('Stock', proof)])).toEqual({
      tone,
      verdict: `No difference is recorded; ${clause}.`,
      tab: 'States',
    });
  });

  it('says which contract was never proven beside one that was, and takes the gravest tone', () => {
    expect(
      indexAnswer([contract('Orders', null), contract('Stock', { confidence: 'untrusted' })]),
    ).toMatchObject({
      tone: 'failed',
      verdict:
        'No difference is recorded; the last replay of Stock is untrusted; Orders was never replayed in full.',
    });
  });

  it('does not deny the differences from an untrusted replay, which stand in the list below it', () => {
    const untrusted = {
      confidence: 'untrusted',
      agreement: 'different',
      discrepancies: 1,
      compared: [{ derivedState: 'shop', outcome: 'different' }],
    } as const;
    expect(indexAnswer([sound, contract('Stock', untrusted)])).toMatchObject({
      tone: 'failed',
      verdict:
        'No trusted replay shows a difference; the last replay of Stock is untrusted, and live states differ from what it came to.',
    });
  });

  it('calls nothing green that names no state to compare', () => {
    const bare = contract('Bare', { agreement: 'not-compared' }, []);
    expect(indexAnswer([bare])).toMatchObject({
      tone: 'unknown',
      verdict: 'No difference is recorded; no live state of Bare was compared.',
    });
  });

  it('knows nothing where nothing was compared', () => {
    expect(indexAnswer([contract('Orders', null)])).toMatchObject({
      tone: 'unknown',
      verdict: 'No state has been compared with history yet.',
    });
  });
});

import { describe, expect, it } from 'vitest';
import type { StatesView } from '@/server/application/views.ts';
import { noDifference, notComparedWords, statesAnswer } from './states-sentence.ts';

type Outcome = StatesView['comparisons'][number]['outcome'];

function viewOf(
  replay: Partial<NonNullable<StatesView['replay']>>,
  outcomes: Readonly<Record<string, Outcome>>,
  fields: readonly string[] = Object.keys(outcomes),
): StatesView {
  return {
    replay: { status: 'finished', confidence: 'trusted', agreement: 'equal', ...replay },
    comparisons: Object.entries(outcomes).map(([derivedState, outcome]) => ({ derivedState, outcome })),
    fields: fields.map((derivedState) => ({ derivedState })),
    keysTotal: 412,
    keysDiffering: 0,
    unexplained: 0,
  } as unknown as StatesView;
}

describe('the answer of the states page', () => {
  it('calls every state equal where each was compared and is', () => {
    expect(statesAnswer(viewOf({}, { shop: 'equal', warehouse: 'equal' }))).toMatchObject({
      tone: 'verified',
      verdict: 'Every derived state agreed with history on all 412 keys; the replay is trusted.',
    });
  });

  it('proves nothing of the rest where the replay covers part of the history, and says so', () => {
    const sentence = '1,200 of 5,000 offsets, 1 of 12 partitions in full: it proves nothing about the rest.';
    const coverage = { kind: 'part', sentence } as unknown as NonNullable<StatesView['replay']>['coverage'];
    expect(statesAnswer(viewOf({ coverage }, { shop: 'equal' }))).toEqual({
      tone: 'unknown',
      verdict:
        'Every derived state agreed with history on all 412 keys; the replay is trusted and covers only part of the history.',
      next: sentence,
      tab: 'equal in part',
    });
    expect(statesAnswer(viewOf({ coverage, confidence: 'suspect' }, { shop: 'equal' }))).toMatchObject({
      tone: 'different',
      verdict: expect.stringContaining('; the replay is suspect and covers only part of the history.'),
    });
    expect(statesAnswer(viewOf({ coverage }, { shop: 'different' })).verdict).toContain(
      '; the replay is trusted and covers only part of the history.',
    );
    expect(noDifference(viewOf({ coverage }, { shop: 'equal' })).text).toBe(
      'All 412 keys agree with history in every derived state; the replay covers only part of the history.',
    );
  });

  it('says that an invariant over a live store fails, or could not be run, where every key agrees', () => {
    expect(statesAnswer(viewOf({ agreement: 'different' }, { shop: 'equal' }))).toMatchObject({
      tone: 'different',
      verdict:
        'An invariant over a live store does not hold, though every compared key agrees with history; the replay is trusted.',
    });
    expect(statesAnswer(viewOf({ agreement: 'not-compared' }, { shop: 'equal' }))).toMatchObject({
      tone: 'unknown',
      verdict:
        'An invariant over a live store could not be run, though every compared key agrees with history; the replay is trusted.',
    });
  });

  it.each([
    ['comparing', 'accent', 'The replay has not finished, so it does not say yet which state is right.'],
    ['paused', 'accent', 'The replay has not finished, so it does not say yet which state is right.'],
    ['failed', 'failed', 'The replay failed, so it does not say which state is right.'],
    ['refused', 'failed', 'The replay was refused, so it does not say which state is right.'],
    ['cancelled', 'unknown', 'The replay was cancelled, so it does not say which state is right.'],
  ] as const)('takes no agreement from a replay that is %s', (status, tone, verdict) => {
    const view = viewOf({ status, agreement: null, confidence: null }, { shop: 'equal' }, [
      'shop',
      'warehouse',
    ]);
    expect(statesAnswer(view)).toMatchObject({ tone, verdict });
  });
});

describe('what is said where no key differs', () => {
  it('is agreement where every state was compared and is equal', () => {
    expect(noDifference(viewOf({}, { shop: 'equal', warehouse: 'equal' }))).toEqual({
      title: 'No differences.',
      text: 'All 412 keys agree with history in every derived state.',
    });
  });

  it('is nothing of a state that was not compared', () => {
    const view = viewOf({}, { shop: 'equal', warehouse: 'could-not-compare' });
    expect(notComparedWords(view, 'warehouse')).toBe(
      'Warehouse was not compared, so no difference of it is known.',
    );
    expect(notComparedWords(view, 'shop')).toBeNull();
    expect(notComparedWords(view, null)).toBeNull();
  });

  it('is no agreement with history where the replay can’t be trusted', () => {
    expect(noDifference(viewOf({ confidence: 'untrusted' }, { shop: 'equal' })).text).toBe(
      'All 412 keys agree with the replayed state in every derived state; the replay is untrusted.',
    );
  });

  it('names what was not compared, and what was behind', () => {
    expect(
      noDifference(
        viewOf(
          { agreement: 'not-compared' },
          { shop: 'equal', selling: 'behind', warehouse: 'could-not-compare' },
        ),
      ),
    ).toEqual({
      title: 'No difference is recorded.',
      text: 'Shop agrees with history; selling was behind, and right as far as applied; warehouse was not compared.',
    });
    expect(noDifference(viewOf({}, { warehouse: 'could-not-compare' })).text).toBe(
      'Warehouse was not compared.',
    );
    expect(noDifference({ ...viewOf({}, { shop: 'equal' }), keysTotal: 0 })).toEqual({
      title: 'No key was compared.',
      text: 'Neither history nor a derived state holds one in the scope of this replay.',
    });
    expect(noDifference(viewOf({}, {})).text).toBe('No derived state was compared.');
  });

  it.each([
    ['comparing', 'The replay has not finished: which keys agree is not known yet.'],
    ['failed', 'The replay failed: which keys agree is not known.'],
    ['cancelled', 'The replay was cancelled: which keys agree is not known.'],
  ] as const)('is nothing known of a replay that is %s', (status, text) => {
    const view = viewOf({ status, agreement: null, confidence: null }, { shop: 'equal' });
    expect(noDifference(view)).toEqual({ title: 'No difference is recorded.', text });
  });
});

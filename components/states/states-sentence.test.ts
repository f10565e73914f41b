import { describe, expect, it } from 'vitest';
import type { StatesView } from '@/server/application/views.ts';
import { statesAnswer } from './states-sentence.ts';

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
});

import type { Comparison } from '../../server/domain/reconciliation/index.ts';
import { inOneLine } from './print.ts';

/** What came of comparing one derived state, in one line: why it could not be compared, and how far it is behind. */
export const comparisonLine = (comparison: Comparison): string => inOneLine(wordsOf(comparison));

function wordsOf(comparison: Comparison): string {
  const { derivedState, outcome, equal, keys, problem } = comparison;
  const behind = behindWords(comparison.eventsBehind);
  if (outcome === 'could-not-compare')
    return `${derivedState}: could not be compared${behind}: ${problem ?? 'the reason was erased'}`;
  const note = problem === null ? '' : ` (${problem})`;
  return `${derivedState}: ${outcome}, ${equal} of ${keys} keys equal${behind}${note}`;
}

function behindWords(eventsBehind: string): string {
  if (eventsBehind === '0') return '';
  return `, ${eventsBehind} ${eventsBehind === '1' ? 'event' : 'events'} behind`;
}

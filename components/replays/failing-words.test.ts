import { expect, it } from 'vitest';
import { failingWords } from './failing-words.ts';

it.each([
  [['A'], 1, 'A'],
  [['A', 'B', 'C', 'D', 'E', 'F'], 9, 'A, B, C, D, E and 4 more'],
  [['B'], 2, 'B and 1 more'],
  [[], 2, '2, whose keys are not kept'],
])('keys %j of %i that fail are said as %s', (failingKeys, failing, words) => {
  expect(failingWords({ failingKeys, failing })).toBe(words);
});

import { describe, expect, it } from 'vitest';
import { missingSentence } from './missing.ts';

describe('an address that leads nowhere', () => {
  it.each([
    ['/contracts/no%20such', 'There is no contract no such.'],
    ['/replays/1234', 'There is no replay 1234.'],
    ['/evidence/%E0', 'There is no evidence record %E0.'],
    ['/contracts/compare', 'There is no contract compare.'],
    ['/replays/compare', 'This address does not name two that are there.'],
    ['/contracts', 'There is no such thing here.'],
    ['/elsewhere/x', 'There is no such thing here.'],
  ])('%s says what is missing: %s', (path, sentence) => {
    expect(missingSentence(path)).toBe(sentence);
  });
});

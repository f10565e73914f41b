import { describe, expect, it } from 'vitest';
import { replayMistakes } from './replay-filters.ts';

const mistakes = (query: string) => replayMistakes(new URLSearchParams(query));

describe('what of the address replays can’t be filtered by', () => {
  it.each([
    ['status=foo', 'Status “foo” is none of running, ended, so it is left out.'],
    ['confidence=high', 'Confidence “high” is none of trusted, suspect, untrusted, so it is left out.'],
    ['kind=replay', '“kind” is no filter of this page, so it is left out. They are: contract, status'],
    ['status=ended&status=running', '“status” stands in the address more than once: the first is taken.'],
  ])('is named: %s', (query, sentence) => {
    expect(mistakes(query)).toEqual([expect.stringContaining(sentence)]);
  });

  it('is not said of what is right, or empty', () => {
    expect(
      mistakes('contract=stock&status=ended&confidence=suspect&by=ada&selected=a,b&asOf=x&paused=true'),
    ).toEqual([]);
    expect(mistakes('status=&confidence=')).toEqual([]);
  });
});

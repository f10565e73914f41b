import { describe, expect, it } from 'vitest';
import { unmatchedAuthors, unmatchedWords } from './index.ts';

const people = [
  { id: 'r1', email: 'rosa@example.test' },
  { id: 'K-2', email: 'kai@example.test' },
];

describe('the authors of a contract', () => {
  it.each<[readonly string[], readonly string[], string | null]>([
    [['Rosa', 'kai@example.test', 'k-2'], [], null],
    [
      ['stock-team'],
      ['stock-team'],
      'The author stock-team matches nobody, so nobody is excluded as author.',
    ],
    [
      ['stock-team', 'rosa@elsewhere.test'],
      ['stock-team', 'rosa@elsewhere.test'],
      'The authors stock-team, rosa@elsewhere.test match nobody, so nobody is excluded as author.',
    ],
    [['rosa', 'lin'], ['lin'], 'The author lin matches nobody, so nobody is excluded as them.'],
    [[], [], null],
  ])('%j: %j are nobody', (authors, unmatched, words) => {
    expect(unmatchedAuthors(authors, people)).toEqual(unmatched);
    expect(unmatchedWords(authors, unmatched)).toBe(words);
  });
});

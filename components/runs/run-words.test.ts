import { describe, expect, it } from 'vitest';
import { lasted } from './run-words.ts';

describe('how long a run has lasted', () => {
  it.each([
    [0, '0 s'],
    [59_000, '59 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [-5_000, '0 s'],
  ])('%d ms is %s', (ms, words) => {
    const from = '2026-11-26T10:00:00.000Z';
    expect(lasted(from, Date.parse(from) + ms)).toBe(words);
  });
});

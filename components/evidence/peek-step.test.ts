import { describe, expect, it } from 'vitest';
import { peekStep } from './peek-step.ts';

const ids = ['a', 'b', 'c'];

describe('walking a list through its panel', () => {
  it('goes to the neighbour, and nowhere beyond the ends', () => {
    expect(peekStep(ids, 'a', 1)).toBe('b');
    expect(peekStep(ids, 'b', -1)).toBe('a');
    expect(peekStep(ids, 'c', 1)).toBeNull();
    expect(peekStep(ids, 'a', -1)).toBeNull();
  });

  it('begins at the first record where none is chosen, or the chosen one is not in the list', () => {
    expect(peekStep(ids, null, 1)).toBe('a');
    expect(peekStep(ids, 'gone', -1)).toBe('a');
    expect(peekStep([], null, 1)).toBeNull();
  });
});

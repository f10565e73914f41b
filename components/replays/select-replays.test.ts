import { describe, expect, it } from 'vitest';
import { nextSelection } from './select-replays.tsx';

describe('a selection for comparison', () => {
  it('holds two at most: a third takes the place of the first', () => {
    expect(nextSelection([], 'a', true)).toEqual(['a']);
    expect(nextSelection(['a'], 'b', true)).toEqual(['a', 'b']);
    expect(nextSelection(['a', 'b'], 'c', true)).toEqual(['b', 'c']);
  });

  it('lets one go', () => {
    expect(nextSelection(['a', 'b'], 'a', false)).toEqual(['b']);
    expect(nextSelection(['a'], 'c', false)).toEqual(['a']);
  });
});

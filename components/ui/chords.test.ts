import { describe, expect, it } from 'vitest';
import { stepChord } from './chords.ts';

const known = ['y', '?', 'mod+k', 'shift+j', 'g r', 'g o'];
const stroke = (key: string, mod = false, shift = false) => ({ key, mod, alt: false, shift });

describe('a shortcut', () => {
  it('of one key matches at once', () => {
    expect(stepChord(known, null, stroke('y'))).toEqual({ matched: 'y', prefix: null });
    expect(stepChord(known, null, stroke('k', true))).toEqual({ matched: 'mod+k', prefix: null });
  });
  it('of two keys waits for the second', () => {
    expect(stepChord(known, null, stroke('g'))).toEqual({ matched: null, prefix: 'g' });
    expect(stepChord(known, 'g', stroke('r'))).toEqual({ matched: 'g r', prefix: null });
  });
  it('after a prefix that leads nowhere counts on its own', () => {
    expect(stepChord(known, 'g', stroke('y'))).toEqual({ matched: 'y', prefix: null });
    expect(stepChord(known, 'g', stroke('x'))).toEqual({ matched: null, prefix: null });
  });
  it('does not match the same key with another modifier', () => {
    expect(stepChord(known, null, stroke('k'))).toEqual({ matched: null, prefix: null });
    expect(stepChord(known, null, stroke('y', true))).toEqual({ matched: null, prefix: null });
  });
  it('tells a letter from its capital by the shift key, and not by Caps Lock', () => {
    expect(stepChord(known, null, stroke('J', false, true)).matched).toBe('shift+j');
    expect(stepChord(known, null, stroke('J')).matched).toBeNull();
    expect(stepChord(known, null, stroke('Y')).matched).toBe('y');
  });
  it('takes a sign as it is typed, whatever keys make it', () => {
    expect(stepChord(known, null, stroke('?', false, true)).matched).toBe('?');
  });
});

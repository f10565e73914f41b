import { describe, expect, it } from 'vitest';
import { withChosen } from './options.ts';

const options = [
  { value: '', label: 'All' },
  { value: 'accounts', label: 'Accounts' },
];

describe('the choices of a select', () => {
  it('hold what the address chose where nothing is known of it, and say so', () => {
    expect(withChosen(options, 'nope')).toEqual([
      ...options,
      { value: 'nope', label: 'nope', hint: 'unknown' },
    ]);
    expect(withChosen(options, 'accounts')).toBe(options);
    expect(withChosen(options, '')).toBe(options);
  });
});

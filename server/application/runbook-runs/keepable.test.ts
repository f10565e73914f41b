import { describe, expect, it } from 'vitest';
import { escaped, keepable } from './keepable.ts';

describe('what PostgreSQL can’t keep', () => {
  it('is shown by its code, wherever it stands, and counted', () => {
    expect(
      escaped({ 'a\0': ['b\0c', 7, null], deep: { text: 'half \ud83d, whole \u{1f600}, \udc00 half' } }),
    ).toEqual({
      value: {
        'a\\u0000': ['b\\u0000c', 7, null],
        deep: { text: 'half \\ud83d, whole \u{1f600}, \\udc00 half' },
      },
      count: 4,
    });
  });

  it('is nothing in what can be kept, which stays as it is', () => {
    const value = { outputs: { found: 3, whole: true }, shown: [{ kind: 'text', text: 'é \\u0000' }] };
    expect(escaped(value)).toEqual({ value, count: 0 });
    expect(keepable('as it is')).toBe('as it is');
  });
});

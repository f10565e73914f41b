import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signedAgain } from './keys-in-use.ts';

describe('keys that sign one after the other', () => {
  it('are no fault, however many took the place of one before', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), fc.array(fc.nat({ max: 4 })), (keys, runs) => {
        const turns = keys.flatMap((key, at) => Array.from({ length: 1 + (runs[at] ?? 0) }, () => key));
        expect(signedAgain(turns)).toBeNull();
      }),
    );
  });

  it('are one as soon as one of them signs again', () => {
    expect(signedAgain(['a', 'a', 'b', 'b', 'a'])).toBe('a');
    expect(signedAgain(['a', 'b', 'c', 'b'])).toBe('b');
  });
});

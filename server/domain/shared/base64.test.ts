import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from './base64.ts';

describe('base64', () => {
  it('is what every other implementation writes, and reads back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = encodeBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(text)).toEqual(bytes);
      }),
    );
  });

  it('has one spelling: what reads as bytes is written the same again', () => {
    const odd = fc.string({ unit: fc.constantFrom(...'AQg9+/=-_ \n\u0141é'), maxLength: 12 });
    fc.assert(
      fc.property(odd, (text) => {
        const bytes = decodeBase64(text);
        if (bytes !== null) expect(encodeBase64(bytes)).toBe(text);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['bits after the last byte, of one', 'AB=='],
    ['bits after the last byte, of two', 'AAB='],
    ['no padding', 'AA'],
    ['too much padding', 'AAA=='],
    ['padding alone', '===='],
    ['padding in the middle', 'AA==AAAA'],
    ['white space', 'AA A'],
    ['a line end', 'AAAA\n'],
    ['the URL alphabet', '-_AA'],
    ['a character beyond ASCII', 'AAÁA'],
  ])('refuses %s', (_, text) => {
    expect(decodeBase64(text)).toBeNull();
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RepeatedTexts, readUtf8 } from './utf8.ts';

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.string({ maxLength: 20 }));

describe('texts in records', () => {
  test('are read as UTF-8, of whatever length', () => {
    fc.assert(
      fc.property(text, (t) => {
        expect(readUtf8(new TextEncoder().encode(t))).toBe(t);
      }),
    );
  });

  test('keep a byte order mark, which is part of a key like any other character', () => {
    expect(readUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]))).toBe('\ufeffa');
  });

  test.each([[[0xff]], [[0xc3]], [[0x61, 0x80]], [[0xed, 0xa0, 0x80]]])(
    'that are not UTF-8 are none, and not something with their letters replaced: %j',
    (bytes) => {
      expect(readUtf8(new Uint8Array(bytes))).toBeUndefined();
    },
  );

  test('that repeat are read as if each were the first', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 50 }), (list) => {
        const texts = new RepeatedTexts();
        for (const t of [...list, ...list]) expect(texts.read(new TextEncoder().encode(t))).toBe(t);
      }),
    );
  });
});

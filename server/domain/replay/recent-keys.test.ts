import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecentKeys } from './recent-keys.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const key = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }),
  fc.string({ minLength: 60, maxLength: 70 }),
  fc.constantFrom('a', 'b', 'é', '\u00e9\u00e8', 'SKU-1', 'SKU-2'),
);

function keepAll(texts: readonly string[]) {
  const all = new Map<string, { readonly key: string }>();
  const recent = new RecentKeys<{ readonly key: string }>();
  for (const text of texts) {
    if (all.has(text)) continue;
    const one = { key: text };
    all.set(text, one);
    recent.keep(one, all);
  }
  return { all, recent };
}

describe('keys found by their bytes', () => {
  test('are the key that stands there, or none', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 40 }), fc.array(key, { maxLength: 20 }), (kept, asked) => {
        const { all, recent } = keepAll(kept);
        for (const text of [...kept, ...asked]) {
          const bytes = utf8(`<${text}>`);
          const found = recent.find(bytes, 1, bytes.length - 1);
          if (found !== undefined) expect(found).toBe(all.get(text));
        }
      }),
    );
  });

  test('are no bytes that are not UTF-8, although a kept key has the same numbers', () => {
    fc.assert(
      fc.property(fc.array(key), fc.uint8Array({ maxLength: 6 }), (kept, bytes) => {
        const { recent } = keepAll([...kept, 'é', '\u00e9\u00e8', String.fromCharCode(...bytes)]);
        const found = recent.find(bytes, 0, bytes.length);
        if (found !== undefined) expect(utf8(found.key)).toEqual(bytes);
      }),
    );
    const { recent } = keepAll(['é']);
    expect(recent.find(Uint8Array.of(0xe9), 0, 1)).toBeUndefined();
  });

  test('are found, most of them, however many there are', () => {
    const texts = Array.from({ length: 20_000 }, (_, n) => `item-${String(n).padStart(7, '0')}`);
    const { recent } = keepAll(texts);
    const found = texts.filter((text) => recent.find(utf8(text), 0, text.length)?.key === text);
    expect(found.length).toBeGreaterThan(texts.length * 0.6);
  });
});

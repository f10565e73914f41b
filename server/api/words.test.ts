import { describe, expect, it } from 'vitest';
import { webAddress, words } from './words.ts';

describe('what people write', () => {
  it.each(['', 'read it', 'gelesen: 🫙', 'two\nlines'])('is taken as it is: %j', (text) => {
    expect(words.parse(text)).toBe(text);
  });

  it.each(['👩‍👩‍👧 می‌خواهم', 'שלום', 'e\u0301'])('is taken as it is in every script: %j', (text) => {
    expect(words.parse(text)).toBe(text);
  });

  it.each(['\u200B', ' \u200B\u2060 ', '\u3164', '\u2800', '\u202E', '\uFE0F'])(
    'is nothing where nobody can see it: %j',
    (text) => {
      expect(words.parse(text)).toBe('');
      expect(words.trim().min(1).safeParse(text).success).toBe(false);
    },
  );

  it('turns nothing around', () => {
    expect(words.parse('a\u202Egnp.exe\u2066b')).toBe('agnp.exeb');
  });

  it('is refused where it is longer than anybody reads', () => {
    expect(words.safeParse('x'.repeat(2_001)).success).toBe(false);
  });
});

describe('a link', () => {
  it.each(['https://example.test/a?b=c#d', 'http://example.test:8080/@home'])('is taken: %s', (link) => {
    expect(webAddress.parse(link)).toBe(link);
  });

  it.each([
    'https://user:pw@example.test/',
    'https://user@example.test/',
    'https://example.test/\u202Egnp',
    'https://example.test/a\u200Bb',
    'javascript:alert(1)',
  ])('is refused: %j', (link) => {
    expect(webAddress.safeParse(link).success).toBe(false);
  });
});

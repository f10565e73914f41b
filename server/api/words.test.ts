import { describe, expect, it } from 'vitest';
import { words } from './words.ts';

describe('what people write', () => {
  it.each(['', 'read it', 'gelesen: 🫙', 'two\nlines'])('is taken as it is: %j', (text) => {
    expect(words.parse(text)).toBe(text);
  });

  it.each(['a\0b', '\ud800', 'x'.repeat(2_001)])('is refused where it can not be kept', (text) => {
    expect(words.safeParse(text).success).toBe(false);
  });
});

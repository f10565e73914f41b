import { describe, expect, it } from 'vitest';
import { words } from './words.ts';

describe('what people write', () => {
  it.each(['', 'read it', 'gelesen: 🫙', 'two\nlines'])('is taken as it is: %j', (text) => {
    expect(words.parse(text)).toBe(text);
  });

  it('is refused where it is longer than anybody reads', () => {
    expect(words.safeParse('x'.repeat(2_001)).success).toBe(false);
  });
});

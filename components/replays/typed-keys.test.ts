import { describe, expect, it } from 'vitest';
import { fitAnAddress } from './typed-keys.ts';

describe('the keys of a scope', () => {
  const ids = (count: number) =>
    Array.from({ length: count }, (_, at) => `0199f5e1-0000-7000-8000-${String(at).padStart(12, '0')}`).join(
      '\n',
    );

  it('stay in the address where that holds them, as it writes them', () => {
    expect(fitAnAddress('')).toBe(true);
    expect(fitAnAddress(ids(100))).toBe(true);
    // Nine characters each, once they are escaped.
    expect(fitAnAddress('€'.repeat(445))).toBe(false);
  });

  it('do not where a server would refuse it', () => {
    expect(fitAnAddress(ids(170))).toBe(false);
    expect(fitAnAddress(ids(1_000))).toBe(false);
  });

  it('may hold half a character, as a text that was cut does', () => {
    expect(fitAnAddress('\ud83d')).toBe(true);
  });
});

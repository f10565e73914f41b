import { describe, expect, it } from 'vitest';
import { createSeal } from './seal.ts';

const ours = createSeal('x'.repeat(40));

describe('what is sealed', () => {
  it('opens for its owner alone, with the same secret alone, and as it was alone', () => {
    const sealed = ours.seal('a secret', 'ada');
    expect(sealed).not.toContain('secret');
    expect(ours.seal('a secret', 'ada')).not.toBe(sealed);
    expect(ours.open(sealed, 'ada')).toBe('a secret');
    expect(createSeal('x'.repeat(40)).open(sealed, 'ada')).toBe('a secret');
    expect(ours.open(sealed, 'grace')).toBeNull();
    expect(createSeal('y'.repeat(40)).open(sealed, 'ada')).toBeNull();
    const last = sealed.at(-3) === 'A' ? 'B' : 'A';
    expect(ours.open(`${sealed.slice(0, -3)}${last}${sealed.slice(-2)}`, 'ada')).toBeNull();
    for (const none of ['', 'v1.', 'v1.AAAA', sealed.replace('v1', 'v2'), sealed.slice(0, 30)])
      expect(ours.open(none, 'ada')).toBeNull();
  });

  it('is compared by a digest that is each owner’s and each secret’s own', () => {
    expect(ours.digest('code', 'ada')).toBe(ours.digest('code', 'ada'));
    expect(ours.digest('code', 'ada')).not.toBe(ours.digest('code', 'grace'));
    expect(ours.digest('code', 'ada')).not.toBe(createSeal('y'.repeat(40)).digest('code', 'ada'));
  });

  it('needs the secret, and says so', () => {
    expect(() => createSeal(null).seal('a', 'ada')).toThrow(/REPRISE_SECRET is missing/);
  });
});

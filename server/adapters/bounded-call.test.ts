import { describe, expect, it } from 'vitest';
import { callBounded } from './bounded-call.ts';

describe("a bounded call of a contract's code", () => {
  it('answers what the work answers, and throws what it throws', () => {
    expect(callBounded('x', 1_000, () => [1])).toEqual([1]);
    expect(() =>
      callBounded('x', 1_000, () => {
        throw new TypeError('its own');
      }),
    ).toThrow(new TypeError('its own'));
  });

  it('ends a loop that never waits, and says what was called', () => {
    expect(() =>
      callBounded('reading a sample', 50, () => {
        for (;;);
      }),
    ).toThrow(
      expect.objectContaining({
        code: 'projection-stuck',
        message: expect.stringMatching(/did not answer for 0\.05 s: reading a sample\./),
      }),
    );
    expect(callBounded('x', 1_000, () => 'again')).toBe('again');
  });
});

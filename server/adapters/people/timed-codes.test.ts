import { describe, expect, it } from 'vitest';
import { readCode } from '../../domain/access/index.ts';
import { timedCodes } from './timed-codes.ts';

/** RFC 6238, appendix B: its secret in base32, and the last six of its eight digits for SHA-1. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const known: readonly (readonly [number, string])[] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
];

describe('a code by time', () => {
  it.each(known)('at second %i is %s, as RFC 6238 has it', (second, code) => {
    expect(timedCodes.stepOf(secret, code, second * 1_000)).toBe(Math.floor(second / 30));
  });

  it('is taken one step early and one late, and no more', () => {
    const step = Math.floor(1_234_567_890 / 30);
    const at = (steps: number) => timedCodes.stepOf(secret, '005924', (step + steps) * 30_000);
    expect([-2, -1, 0, 1, 2].map(at)).toEqual([null, step, step, step, null]);
    // To the last millisecond of the step after, and from the first of the one before.
    expect(timedCodes.stepOf(secret, '005924', (step + 2) * 30_000 - 1)).toBe(step);
    expect(timedCodes.stepOf(secret, '005924', (step - 1) * 30_000 - 1)).toBeNull();
  });

  it('is another with another secret', () => {
    expect(timedCodes.stepOf(timedCodes.newSecret(), '005924', 1_234_567_890_000)).toBeNull();
  });
});

describe('what an app reads', () => {
  it('names who it is for, and has a picture of square modules', () => {
    const address = timedCodes.address(secret, 'ada@example.test');
    expect(new URL(address).searchParams.get('secret')).toBe(secret);
    expect(decodeURIComponent(new URL(address).pathname)).toContain('ada@example.test');
    const { side, path } = timedCodes.picture(address);
    expect(side).toBeGreaterThan(25);
    expect(path).toMatch(/^(M\d+ \d+h1v1h-1z)+$/);
  });
});

it('a recovery code is one that is read as such', () => {
  const codes = Array.from({ length: 50 }, timedCodes.newRecoveryCode);
  expect(codes.every((code) => readCode(code)?.kind === 'recovery')).toBe(true);
  expect(new Set(codes).size).toBe(50);
});

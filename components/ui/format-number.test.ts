import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  counted,
  differenceOf,
  formatBytes,
  formatCount,
  formatDelta,
  formatDuration,
  formatShare,
} from './format-number.ts';

describe('figures', () => {
  it('groups thousands and never prints NaN', () => {
    expect(formatCount(1842)).toBe('1,842');
    expect(formatCount(9_007_199_254_740_993n)).toBe('9,007,199,254,740,993');
    expect(formatCount(Number.NaN)).toBe('—');
    expect(formatCount(-3)).toBe('−3');
  });

  it('writes a delta with its sign, and the minus is U+2212', () => {
    expect([formatDelta(-8), formatDelta(8), formatDelta(0), formatDelta(-9n)]).toEqual([
      '−8',
      '+8',
      '±0',
      '−9',
    ]);
  });

  it('takes the exact difference of two decimal texts', () => {
    expect(differenceOf('380', '388')).toBe('−8');
    expect(differenceOf('379', '388')).toBe('−9');
    expect(differenceOf('10.50', '10.5')).toBe('±0');
    expect(differenceOf('0.1', '-0.25')).toBe('+0.35');
    expect(differenceOf('-0.5', '0.5')).toBe('−1.0');
    expect(differenceOf('12345', '45')).toBe('+12,300');
  });

  it('gives no delta where either side is no figure', () => {
    expect(differenceOf('red', '388')).toBeNull();
    expect(differenceOf('', '388')).toBeNull();
  });

  it('agrees with bigint subtraction for every pair of integers', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
        expect(differenceOf(a.toString(), b.toString())).toBe(formatDelta(a - b));
      }),
    );
  });

  it.each([
    [840, '840 ms'],
    [12_400, '12.4 s'],
    [59_960, '1 min'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 05 min'],
    [273_600_000, '3 d 4 h'],
    [-1_500, '−1.5 s'],
  ])('prints %i ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('keeps small shares visible', () => {
    expect([
      formatShare(0),
      formatShare(0.0001),
      formatShare(0.000001),
      formatShare(0.5),
      formatShare(0.042),
    ]).toEqual(['0 %', '0.01 %', '< 0.01 %', '50 %', '4.2 %']);
  });

  it('scales bytes by thousands', () => {
    expect([formatBytes(999), formatBytes(1_500), formatBytes(512_000_000)]).toEqual([
      '999 B',
      '1.5 kB',
      '512 MB',
    ]);
  });

  it('counts one in the singular', () => {
    expect([counted(1, 'key'), counted(2n, 'key'), counted(0, 'discrepancy', 'discrepancies')]).toEqual([
      '1 key',
      '2 keys',
      '0 discrepancies',
    ]);
  });
});

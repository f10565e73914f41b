import { describe, expect, it } from 'vitest';
import {
  counted,
  formatBytes,
  formatCount,
  formatDecimal,
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

  it.each([
    ['-1234.5', '−1,234.5'],
    ['0.0023', '0.0023'],
    ['-0.5', '−0.5'],
    ['9007199254740993', '9,007,199,254,740,993'],
  ])('groups the digits of %s and leaves none out', (text, shown) => {
    expect(formatDecimal(text)).toBe(shown);
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

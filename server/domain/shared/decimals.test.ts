import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalOf, differenceOf } from './decimals.ts';

describe('a figure in decimals', () => {
  it.each([
    [388, '388'],
    [-0.5, '-0.5'],
    [1.2e-7, '0.00000012'],
    [-1.25e-7, '-0.000000125'],
    [1.5e21, '1500000000000000000000'],
    ['9007199254740993', '9007199254740993'],
    ['12.50', '12.50'],
    ['0.0000', '0.0000'],
  ])('writes out %j as %s', (value, text) => {
    expect(decimalOf(value)).toBe(text);
  });

  it.each(['red', '', '1e5', '1.', 'NaN', Number.NaN, Number.POSITIVE_INFINITY, null, true])(
    'takes %j for no figure',
    (value) => {
      expect(decimalOf(value)).toBeNull();
    },
  );

  it('is the same number, whatever its size', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = decimalOf(value);
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        expect(Number(text)).toBe(value + 0);
      }),
    );
  });
});

describe('the difference of two figures', () => {
  it.each([
    [380, 388, '-8'],
    [10.1234, 10.1211, '0.0023'],
    [19.6, 19.9, '-0.3'],
    ['9007199254740992', '9007199254740993', '-1'],
    [9007199254740992, '9007199254740993', '-1'],
    ['10.50', 10.5, '0'],
    [0.1, -0.25, '0.35'],
    [-0.5, 0.5, '-1'],
    [3.4e-7, 1.2e-7, '0.00000022'],
  ])('takes %j − %j as %s, with nothing rounded', (of, from, text) => {
    expect(differenceOf(of, from)).toBe(text);
  });

  it('is null where either side is no figure', () => {
    expect(differenceOf('red', 388)).toBeNull();
    expect(differenceOf(4, null)).toBeNull();
  });

  it('agrees with bigint subtraction for every pair of integers', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
        expect(differenceOf(a.toString(), b.toString())).toBe((a - b).toString());
      }),
    );
  });
});

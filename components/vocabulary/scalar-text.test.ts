import { describe, expect, it } from 'vitest';
import { deltaText, scalarText } from './scalar-text.ts';

describe('a value as the pages print it', () => {
  it.each([
    [10.1234, '10.1234'],
    [10.1211, '10.1211'],
    [1842, '1,842'],
    [-1234567.875, '−1,234,567.875'],
    [-0.5, '−0.5'],
    [1.2e-7, '0.00000012'],
    [1e300, '1e+300'],
    ['9007199254740993', '9007199254740993'],
    ['00123', '00123'],
    ['hidden', 'hidden'],
    [true, 'true'],
    [null, 'null'],
  ])('prints %j in full as %s', (value, text) => {
    expect(scalarText(value)).toBe(text);
  });
});

describe('what two values differ by', () => {
  it.each([
    [380, 388, '−8'],
    [10.1234, 10.1211, '+0.0023'],
    [19.6, 19.9, '−0.3'],
    ['9007199254740993', '9007199254740992', '+1'],
    [12345.5, 45, '+12,300.5'],
    [388, 388, '±0'],
    ['hidden, another', 'hidden', null],
    [null, 5, null],
    [1e300, 1e-300, null],
  ])('says %j from %j as %s', (of, from, text) => {
    expect(deltaText(of, from)).toBe(text);
  });
});

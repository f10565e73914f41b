import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isConnectionLost, messageOf, quoteTable } from './connections.ts';
import { exactNumberOrText } from './exact-number.ts';

describe('a table name', () => {
  it.each([
    ['stock', '"stock"'],
    ['selling.stock', '"selling"."stock"'],
    ['a"b; DROP TABLE x', '"a""b; DROP TABLE x"'],
  ])('%s is quoted part by part', (name, sql) => {
    expect(quoteTable(name)).toBe(sql);
  });
});

describe('a number of PostgreSQL', () => {
  it.each<[string, number | string]>([
    ['388', 388],
    ['-9', -9],
    ['12.50', 12.5],
    ['7.000', 7],
    ['0.00', 0],
    ['-0.00', 0],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', '9007199254740993'],
    ['0.1000000000000000055', '0.1000000000000000055'],
    ['9007199254740993.50', '9007199254740993.5'],
    ['9007199254740992.0', '9007199254740992'],
    ['-0.0000001', -1e-7],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
  ])('%s is a number only where nothing is lost', (text, value) => {
    expect(exactNumberOrText(text)).toStrictEqual(value);
  });

  it('never makes two different integers equal', () => {
    const int8 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(int8, int8, (a, b) => {
        expect(exactNumberOrText(`${a}`) === exactNumberOrText(`${b}`)).toBe(a === b);
      }),
    );
  });
});

describe('an error of a connection', () => {
  it('is told from a refusal by its code', () => {
    expect(isConnectionLost(Object.assign(new Error('x'), { code: '57P01' }))).toBe(true);
    expect(isConnectionLost(Object.assign(new Error('x'), { code: '42P01' }))).toBe(false);
    expect(isConnectionLost(new Error('Connection terminated unexpectedly'))).toBe(true);
  });
  it('keeps the words of every address that was tried', () => {
    expect(messageOf(new AggregateError([new Error('a'), new Error('b')]))).toBe('a; b');
  });
});

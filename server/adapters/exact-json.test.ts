import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAsMeant, parseExactly } from './exact-json.ts';

describe('a number in JSON', () => {
  it.each<[string, unknown]>([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', '9007199254740992'],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['{"id":1234567890123456789}', { id: '1234567890123456789' }],
    ['{"id": 1234567890123456789 }', { id: '1234567890123456789' }],
    [
      '{"ids":[1,1234567890123456788,-1234567890123456789]}',
      { ids: [1, '1234567890123456788', '-1234567890123456789'] },
    ],
    ['{"rate":0.30000000000000004}', { rate: 0.30000000000000004 }],
    ['{"amount":12345678901234.56789}', { amount: '12345678901234.56789' }],
    ['{"atMicros":1790000000000000}', { atMicros: 1790000000000000 }],
    ['1.2345678901234568E19', 12345678901234567000],
    ['1.2345678901234567891E19', '1.2345678901234567891E19'],
    ['{"text":"1234567890123456789"}', { text: '1234567890123456789' }],
    ['{"text":"see 1234567890123456789, 7"}', { text: 'see 1234567890123456789, 7' }],
    ['{"1234567890123456789":1}', { '1234567890123456789': 1 }],
  ])('%s is a number only where nothing is lost', (text, value) => {
    expect(parseExactly(text)).toStrictEqual(value);
  });

  it.each<[string, unknown, unknown]>([
    ['0.10000000000000001', '0.10000000000000001', 0.1],
    ['12345678901234.561', '12345678901234.561', 12345678901234.561],
    ['0.100000000000000012', '0.100000000000000012', '0.100000000000000012'],
    ['9007199254740993', '9007199254740993', '9007199254740993'],
  ])('%s may be the print of a double where any program wrote it', (text, exact, meant) => {
    expect([parseExactly(text), parseAsMeant(text)]).toStrictEqual([exact, meant]);
  });

  it('is told from another wherever it stands, and all else is as JSON.parse has it', () => {
    const integer = fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n });
    fc.assert(
      fc.property(fc.json(), integer, fc.nat(40), (json, each, blanks) => {
        const text = `{"a":${' '.repeat(blanks)}${each},"b":${json},"c":[${each}]}`;
        const whole = each >= -(2n ** 53n) + 1n && each <= 2n ** 53n - 1n ? Number(each) : `${each}`;
        expect(parseExactly(text)).toMatchObject({ a: whole, c: [whole] });
        const plain = fc.stringify(JSON.parse(json));
        if (!/[0-9.]{16}/.test(json)) expect(fc.stringify(parseExactly(json))).toBe(plain);
      }),
    );
  });

  it('of many digits takes no longer than they are many', () => {
    const digits = '7'.repeat(1_000_000);
    expect(parseExactly(`["${digits}"]`)).toEqual([digits]);
  });

  it('that is none is refused as JSON.parse does', () => {
    for (const text of [
      '01234567890123456789',
      '1234567890123456.7.8',
      '[1234567890123456789',
      '1234567890123456.',
    ])
      expect(() => parseExactly(text)).toThrow(SyntaxError);
  });
});

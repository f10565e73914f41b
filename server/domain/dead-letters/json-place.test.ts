import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doubledName, whereJsonBreaks } from './json-place.ts';

const parses = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('where a text is no JSON', () => {
  it.each([
    ['{"a": 1', 1, 8],
    ['{"a": 1,\n "b": many}', 2, 7],
    ['{"a" 1}', 1, 6],
    ['{"a": 1,}', 1, 9],
    ['[1 2]', 1, 4],
    ['{"a": 01}', 1, 8],
    ['"a\tb"', 1, 1],
    ['{} {}', 1, 4],
    ['', 1, 1],
    ["{'a': 1}", 1, 2],
    ['[1}', 1, 3],
  ])('%j breaks at line %i, column %i', (text, line, column) =>
    expect(whereJsonBreaks(text)).toEqual({ line, column }),
  );

  it('is nowhere where it parses, and somewhere where it does not', () => {
    const nearly = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '{', ']', '0', '\n', 'x', '\\'))
      .map(([text, at, put]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + put + text.slice(place + (at % 2));
      });
    fc.assert(
      fc.property(fc.oneof(fc.json(), nearly, fc.string()), (text) => {
        expect(whereJsonBreaks(text) === null).toBe(parses(text));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a name that an object has twice', () => {
  it.each([
    ['{"a":1,"a":2}', 'a', 1, 8],
    ['[{"b":{"a":1},\n "b":[]}]', 'b', 2, 2],
    ['{"a":{"x":1,"x":1},"a":2}', 'x', 1, 13],
    ['{"\\u0061":1,"a":2}', 'a', 1, 13],
    ['{"":1,"":2}', '', 1, 7],
    ['{"__proto__":1,"__proto__":2}', '__proto__', 1, 16],
  ])('of %j is %j, at line %i, column %i', (text, name, line, column) =>
    expect(doubledName(text)).toEqual({ name, line, column }),
  );

  it.each([
    '{"a":{"a":1},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":"a"}',
    '["a","a"]',
    '{"a":1,"A":2}',
  ])('%j has none', (text) => expect(doubledName(text)).toBeNull());

  it('is one where a text has more names than what it parses to', () => {
    const object = fc.array(fc.tuple(fc.string(), fc.jsonValue()), { maxLength: 6 });
    fc.assert(
      fc.property(object, (members) => {
        const text = `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
        const isDoubled = new Set(members.map(([name]) => name)).size < members.length;
        expect(doubledName(text) !== null).toBe(isDoubled);
      }),
    );
  });
});

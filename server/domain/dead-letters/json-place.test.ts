import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whereJsonBreaks } from './json-place.ts';

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

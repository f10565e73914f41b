import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesBetween } from './changes.ts';

describe('what differs between two values', () => {
  it.each([
    [{ a: 1, b: 'x' }, { a: 2, b: 'x' }, [{ path: 'a', before: '1', after: '2' }]],
    [{ a: 1 }, { a: 1, b: [true] }, [{ path: 'b.0', before: null, after: 'true' }]],
    [{ a: { b: 1 } }, { a: {} }, [{ path: 'a.b', before: '1', after: null }]],
    [{ a: [1, 2] }, { a: [1, 3] }, [{ path: 'a.1', before: '2', after: '3' }]],
    [[1], { 0: 1 }, [{ path: '', before: '[…]', after: '{…}' }]],
    ['many', 3, [{ path: '', before: '"many"', after: '3' }]],
    [{ a: null }, {}, [{ path: 'a', before: 'null', after: null }]],
  ])('%j and %j', (before, after, changes) => expect(changesBetween(before, after, 10)).toEqual(changes));

  it('is nothing of a value and itself, and something of two that differ within its depth', () => {
    const value = fc.jsonValue({ maxDepth: 4 }).map((each) => JSON.parse(JSON.stringify(each)) as unknown);
    fc.assert(
      fc.property(value, value, (before, after) => {
        expect(changesBetween(before, before, 5)).toEqual([]);
        const isSame = fc.stringify(before) === fc.stringify(after);
        if (!isSame && sorted(before) !== sorted(after))
          expect(changesBetween(before, after, 5)).not.toEqual([]);
      }),
    );
  });

  it('is bounded, however deep and large', () => {
    const deep = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)) as unknown;
    expect(changesBetween(deep, [], 5).length).toBeGreaterThan(0);
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`m${at}`, at]));
    expect(changesBetween({}, wide, 5)).toHaveLength(5);
  });
});

function sorted(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

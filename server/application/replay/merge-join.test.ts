import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareKeys } from '../../domain/reconciliation/index.ts';
import { mergeJoin } from './merge-join.ts';

type Row = { readonly key: string; readonly side: string };

async function* inBatches(
  keys: readonly string[],
  size: number,
  side: string,
): AsyncGenerator<readonly Row[]> {
  const sorted = [...new Set(keys)].sort(compareKeys);
  for (let at = 0; at < sorted.length; at += size) {
    yield sorted.slice(at, at + size).map((key) => ({ key, side }));
  }
}

const keys = fc.array(fc.string({ unit: 'grapheme', maxLength: 3 }), { maxLength: 30 });
const size = fc.integer({ min: 1, max: 7 });

it('every key of either side is joined exactly once, in byte order, whatever the batches', async () => {
  await fc.assert(
    fc.asyncProperty(keys, keys, size, size, async (left, right, leftSize, rightSize) => {
      const joined = [];
      for await (const batch of mergeJoin(inBatches(left, leftSize, 'l'), inBatches(right, rightSize, 'r'))) {
        joined.push(...batch);
      }
      expect(joined.map((each) => each.key)).toEqual([...new Set([...left, ...right])].sort(compareKeys));
      for (const each of joined) {
        expect(each.left !== undefined).toBe(left.includes(each.key));
        expect(each.right !== undefined).toBe(right.includes(each.key));
      }
    }),
  );
});

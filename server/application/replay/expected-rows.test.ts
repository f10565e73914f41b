import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareKeys } from '../../domain/reconciliation/index.ts';
import type { PlacedShadowRow } from '../ports/replay-store.ts';
import { expectedRows } from './expected-rows.ts';

const rowOf = (key: string): PlacedShadowRow => ({
  key,
  partition: 1,
  state: '"shadow"',
  lastOffset: 0n,
  events: 1n,
  spread: false,
});

async function* inBatches(keys: readonly string[], size: number): AsyncGenerator<readonly PlacedShadowRow[]> {
  const sorted = keys.toSorted(compareKeys);
  for (let at = 0; at < sorted.length; at += size) yield sorted.slice(at, at + size).map(rowOf);
}

const keys = fc.uniqueArray(fc.string({ maxLength: 2 }), { maxLength: 20 });

it('the overlay takes the place of the shadow state, key by key, and the order stays', async () => {
  await fc.assert(
    fc.asyncProperty(
      keys,
      keys,
      keys,
      fc.integer({ min: 1, max: 5 }),
      async (shadow, changed, gone, size) => {
        const states = new Map<string, { partition: number; state: unknown } | null>();
        for (const key of changed) states.set(key, { partition: 2, state: 'layer' });
        for (const key of gone) states.set(key, null);
        const rows = [];
        for await (const batch of expectedRows(inBatches(shadow, size), {
          states,
          layerEvents: 0,
          eventsBehind: 0,
          layerDoubts: {},
        })) {
          rows.push(...batch);
        }
        const all = [...new Set([...shadow, ...changed, ...gone])].sort(compareKeys);
        expect(rows.map((row) => row.key)).toEqual(all);
        for (const { key, state } of rows) {
          const over = states.get(key);
          const wanted = over === undefined ? 'shadow' : over === null ? undefined : 'layer';
          expect(state?.value).toBe(wanted);
        }
      },
    ),
  );
});

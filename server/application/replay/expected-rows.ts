import { compareKeys } from '../../domain/reconciliation/index.ts';
import type { PlacedShadowRow } from '../ports/replay-store.ts';
import type { OverlaidState, Overlay } from './state-overlay.ts';

/** What history says of one key at the position compared at. `state` is null where no event had touched it by then. */
export type ExpectedRow = {
  readonly key: string;
  readonly partition: number;
  readonly state: { readonly value: unknown } | null;
};

function overlaid(key: string, partition: number, state: OverlaidState): ExpectedRow {
  return state === null
    ? { key, partition, state: null }
    : { key, partition: state.partition, state: { value: state.state } };
}

/** The shadow state with the overlay's keys in the place of its own, in byte order of the key. */
export async function* expectedRows(
  shadow: AsyncIterable<readonly PlacedShadowRow[]>,
  overlay: Overlay,
): AsyncGenerator<readonly ExpectedRow[]> {
  const added = [...overlay.states.keys()].sort(compareKeys);
  let next = 0;
  for await (const rows of shadow) {
    const expected: ExpectedRow[] = [];
    for (const row of rows) {
      for (; next < added.length; next++) {
        const key = added[next] ?? '';
        if (key === row.key || compareKeys(key, row.key) > 0) break;
        expected.push(overlaid(key, -1, overlay.states.get(key) ?? null));
      }
      const over = overlay.states.get(row.key);
      if (over === undefined) {
        expected.push({ key: row.key, partition: row.partition, state: { value: JSON.parse(row.state) } });
        continue;
      }
      if (added[next] === row.key) next += 1;
      expected.push(overlaid(row.key, row.partition, over));
    }
    yield expected;
  }
  yield added.slice(next).map((key) => overlaid(key, -1, overlay.states.get(key) ?? null));
}

import { expect, it } from 'vitest';
import { SeenTable } from '../../domain/replay/index.ts';
import type { RunnerDeps } from './deps.ts';
import { sharedIds } from './shared-ids.ts';

/** What is stored of two partitions, and the most of it that one pass has been given to hold. */
function stored(...partitions: readonly (readonly string[])[]) {
  const packed = partitions.map((ids) => {
    const table = new SeenTable();
    for (const [offset, id] of ids.entries()) table.add(id, null, null, offset);
    return table.takeNew();
  });
  const reads = { count: 0 };
  const deps = {
    unitOfWork: { run: (work: (tx: null) => Promise<unknown>) => work(null) },
    folds: {
      async *seen(_tx: null, _replayId: string, partition: number) {
        reads.count += 1;
        yield packed[partition] ?? new Uint8Array();
      },
      seenBytes: async () => packed.reduce((sum, each) => sum + each.length, 0),
    },
  } as unknown as RunnerDeps;
  return { read: { deps, replayId: 'r', signal: new AbortController().signal }, reads };
}

const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `id-${from + i}`);

it('takes as many passes over the ids as what is stored of them needs, a base’s among them, and finds the same', async () => {
  const { read, reads } = stored(numbered(0, 600), numbered(500, 900));
  const offsets = async (perPass: number) =>
    (await sharedIds(read, [0, 1], perPass))
      .map(({ deliveries }) => deliveries[0]?.offset ?? -1)
      .toSorted((a, b) => a - b);
  const atOnce = await offsets(1_000);
  expect(atOnce).toEqual(Array.from({ length: 100 }, (_, i) => 500 + i));
  expect(reads.count).toBe(2);
  expect(await offsets(250)).toEqual(atOnce);
  expect(reads.count).toBe(2 + 4 * 2);
});

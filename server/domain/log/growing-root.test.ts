import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256 } from '../test-kit/signing.ts';
import { GrowingRoot } from './growing-root.ts';
import { leafHash, nodeHash } from './hashes.ts';

/** RFC 6962, section 2.1, word for word. */
async function naiveRoot(leaves: readonly Uint8Array[]): Promise<Uint8Array> {
  const [only] = leaves;
  if (only === undefined) return sha256(new Uint8Array());
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(await naiveRoot(leaves.slice(0, split)), await naiveRoot(leaves.slice(split)), sha256);
}

it('gives at every size the root that the definition gives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 70 }), async (entries) => {
      const leaves = await Promise.all(entries.map((entry) => leafHash(entry, sha256)));
      const growing = new GrowingRoot(sha256);
      for (const [at, leaf] of leaves.entries()) {
        expect(growing.size).toBe(at);
        await growing.add(leaf);
        expect(await growing.root()).toEqual(await naiveRoot(leaves.slice(0, at + 1)));
      }
    }),
    { numRuns: 20 },
  );
  expect(await new GrowingRoot(sha256).root()).toEqual(await naiveRoot([]));
});

import type { AsyncSha256 } from '../shared/signatures.ts';
import { emptyRoot, nodeHash } from './hashes.ts';

/**
 * The root of a log that is read from its beginning, leaf by leaf, in memory that grows with the logarithm of its size
 * (the compact range of RFC 9162, section 2.1.2): the whole of it can be recomputed without a stored hash.
 */
export class GrowingRoot {
  readonly #sha256: AsyncSha256;
  /** Roots of complete subtrees, from left to right, each smaller than the one before. */
  readonly #subtrees: { readonly level: number; readonly hash: Uint8Array }[] = [];
  #size = 0;

  constructor(sha256: AsyncSha256) {
    this.#sha256 = sha256;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes the hash of the next leaf. */
  async add(leaf: Uint8Array): Promise<void> {
    let grown = { level: 0, hash: leaf };
    for (let left = this.#subtrees.at(-1); left?.level === grown.level; left = this.#subtrees.at(-1)) {
      this.#subtrees.pop();
      grown = { level: grown.level + 1, hash: await nodeHash(left.hash, grown.hash, this.#sha256) };
    }
    this.#subtrees.push(grown);
    this.#size += 1;
  }

  /** The root over all that was added. */
  async root(): Promise<Uint8Array> {
    const [last, ...before] = this.#subtrees.toReversed();
    if (last === undefined) return emptyRoot(this.#sha256);
    let { hash } = last;
    for (const left of before) hash = await nodeHash(left.hash, hash, this.#sha256);
    return hash;
  }
}

import { equalBytes } from '../shared/bytes.ts';
import { accepted, type Parsed, type Refused, refused } from '../shared/parsed.ts';
import type { AsyncSha256 } from '../shared/signatures.ts';
import { emptyRoot, hashBytes, nodeHash } from './hashes.ts';
import { isSize } from './tree.ts';

export type ProofCode = 'size-invalid' | 'index-outside' | 'proof-malformed' | 'root-mismatch';
export type ProofResult = Parsed<null, ProofCode>;

/** A tree of a safe integer's size is no higher. More hashes than that are not even looked at. */
export const proofMaxHashes = 2 * 53;

const isOdd = (n: number) => n % 2 === 1;
const half = (n: number) => Math.floor(n / 2);

function malformed(proof: readonly Uint8Array[], roots: readonly Uint8Array[]): Refused<ProofCode> | null {
  if (proof.length > proofMaxHashes)
    return refused('proof-malformed', `A proof of ${proof.length} hashes is longer than any tree is high.`);
  if ([...proof, ...roots].some((hash) => hash.length !== hashBytes))
    return refused('proof-malformed', `A hash in the proof or a root has not ${hashBytes} bytes.`);
  return null;
}

const wrongLength = (proof: readonly Uint8Array[]) =>
  refused('proof-malformed', `A proof between these sizes does not have ${proof.length} hashes.`);

/**
 * Whether a leaf with this hash is entry `index` of the tree of `size` entries with this root (RFC 9162, section
 * 2.1.3.2). A proof does not bind the size to the root: take both from one signed checkpoint. It never throws.
 */
export async function verifyInclusion(
  given: {
    readonly index: number;
    readonly size: number;
    readonly leaf: Uint8Array;
    readonly proof: readonly Uint8Array[];
    readonly root: Uint8Array;
  },
  sha256: AsyncSha256,
): Promise<ProofResult> {
  const { index, size, leaf, proof, root } = given;
  if (!isSize(size)) return refused('size-invalid', `A log can't have ${size} entries.`);
  if (!isSize(index) || index >= size)
    return refused('index-outside', `A log of ${size} entries has none with index ${index}.`);
  const problem = malformed(proof, [root, leaf]);
  if (problem !== null) return problem;
  let [fn, sn, hash] = [index, size - 1, leaf];
  for (const beside of proof) {
    if (sn === 0) return wrongLength(proof);
    if (isOdd(fn) || fn === sn) {
      hash = await nodeHash(beside, hash, sha256);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      hash = await nodeHash(hash, beside, sha256);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0) return wrongLength(proof);
  return equalBytes(hash, root)
    ? accepted(null)
    : refused(
        'root-mismatch',
        `From the leaf and its proof follows another root than that of ${size} entries.`,
      );
}

/**
 * Whether the tree of `first` entries with its root is the beginning of that of `second` entries with its root (RFC
 * 9162, section 2.1.4.2). It never throws.
 */
export async function verifyConsistency(
  given: {
    readonly first: { readonly size: number; readonly root: Uint8Array };
    readonly second: { readonly size: number; readonly root: Uint8Array };
    readonly proof: readonly Uint8Array[];
  },
  sha256: AsyncSha256,
): Promise<ProofResult> {
  const { first, second, proof } = given;
  if (!isSize(first.size) || !isSize(second.size) || first.size > second.size)
    return refused('size-invalid', `A log of ${second.size} entries was never one of ${first.size}.`);
  const problem = malformed(proof, [first.root, second.root]);
  if (problem !== null) return problem;
  const mismatch = (size: number) =>
    refused('root-mismatch', `From the proof follows another root than that given for ${size} entries.`);
  if (first.size === 0 || first.size === second.size) {
    if (proof.length > 0) return wrongLength(proof);
    const expected = first.size === second.size ? second.root : await emptyRoot(sha256);
    return equalBytes(first.root, expected) ? accepted(null) : mismatch(first.size);
  }
  let [fn, sn] = [first.size - 1, second.size - 1];
  while (isOdd(fn)) [fn, sn] = [half(fn), half(sn)];
  // A first size that is a power of two is one node of the second tree, and the proof leaves it out.
  const [start, ...nodes] = fn === 0 ? [first.root, ...proof] : proof;
  if (start === undefined || (fn === 0 && nodes.length === 0)) return wrongLength(proof);
  let [firstHash, secondHash] = [start, start];
  for (const node of nodes) {
    if (sn === 0) return wrongLength(proof);
    if (isOdd(fn) || fn === sn) {
      firstHash = await nodeHash(node, firstHash, sha256);
      secondHash = await nodeHash(node, secondHash, sha256);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      secondHash = await nodeHash(secondHash, node, sha256);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0) return wrongLength(proof);
  if (!equalBytes(firstHash, first.root)) return mismatch(first.size);
  return equalBytes(secondHash, second.root) ? accepted(null) : mismatch(second.size);
}

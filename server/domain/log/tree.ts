import { RepriseError } from '../shared/errors.ts';
import type { AsyncSha256 } from '../shared/signatures.ts';
import { emptyRoot, nodeHash } from './hashes.ts';

/*
 * An append-only Merkle tree (RFC 6962, section 2.1), whose hashes are stored by place.
 *
 * size      how many entries it has, a safe integer
 * place     (level, index): the root of the complete subtree over the entries [index·2^level, (index+1)·2^level)
 * stored    every complete subtree has one hash, which is written once and never changes
 * range     [from, to): the entries under one node of the tree of some size; it may be incomplete, and is then folded
 *           from the complete subtrees in it
 */

export type Place = { readonly level: number; readonly index: number };
export type StoredHash = Place & { readonly hash: Uint8Array };
export type Range = { readonly from: number; readonly to: number };

/** The stored hashes at these places, in their order, each 32 bytes. One question, so that a database is asked once. */
export type HashReader = (places: readonly Place[]) => Promise<readonly Uint8Array[]>;

/** Whether a number can be the size of a log, or the place in one. */
export const isSize = (size: number): boolean => Number.isSafeInteger(size) && size >= 0;

export function mustBeSize(size: number, what: string): void {
  if (!isSize(size)) throw new RangeError(`${what} is no whole number from 0: ${size}`);
}

/** The largest power of two that is at most `count`, which is at least 1, with its exponent. */
function largestPower(count: number): { readonly power: number; readonly level: number } {
  let [power, level] = [1, 0];
  while (power * 2 <= count) {
    power *= 2;
    level += 1;
  }
  return { power, level };
}

/** Where a range of more than one entry is split: at the largest power of two below its length. */
export function splitOf({ from, to }: Range): number {
  const { power } = largestPower(to - from - 1);
  return from + power;
}

/** The complete subtrees that a range consists of, from left to right. */
export function placesOf({ from, to }: Range): readonly Place[] {
  const places: Place[] = [];
  for (let at = from; at < to; ) {
    const { power, level } = largestPower(to - at);
    places.push({ level, index: at / power });
    at += power;
  }
  return places;
}

/** The hash of a range, from those of its complete subtrees: what is incomplete hangs to the right. */
async function foldRight(hashes: readonly Uint8Array[], sha256: AsyncSha256): Promise<Uint8Array> {
  const [last, ...before] = hashes.toReversed();
  if (last === undefined) throw new RangeError('a range without an entry has no hash');
  let folded = last;
  for (const left of before) folded = await nodeHash(left, folded, sha256);
  return folded;
}

/** The hashes of several ranges, with one question to the reader. */
export async function hashesOf(
  ranges: readonly Range[],
  reader: HashReader,
  sha256: AsyncSha256,
): Promise<readonly Uint8Array[]> {
  const places = ranges.map(placesOf);
  const all = await readAll(places.flat(), reader);
  const hashes: Uint8Array[] = [];
  let at = 0;
  for (const { length } of places) {
    hashes.push(await foldRight(all.slice(at, at + length), sha256));
    at += length;
  }
  return hashes;
}

/** What the reader gives. A hash that is missing is a fault of the store, and no proof may be made without it. */
async function readAll(places: readonly Place[], reader: HashReader): Promise<readonly Uint8Array[]> {
  if (places.length === 0) return [];
  const hashes = await reader(places);
  if (hashes.length !== places.length)
    throw new RepriseError(
      'internal',
      `The log was asked for ${places.length} hashes and gave ${hashes.length}.`,
    );
  return hashes;
}

/** What is read to append the entry with this index: the left neighbours of the subtrees that it completes. */
export function hashesToRead(index: number): readonly Place[] {
  mustBeSize(index, 'the index of an entry');
  const places: Place[] = [];
  for (let level = 0, at = index; at % 2 === 1; level += 1, at = (at - 1) / 2)
    places.push({ level, index: at - 1 });
  return places;
}

/** What is written with the entry of this index: its own hash, and that of every subtree that it completes. */
export async function appendLeaf(
  index: number,
  leaf: Uint8Array,
  reader: HashReader,
  sha256: AsyncSha256,
): Promise<readonly StoredHash[]> {
  const lefts = await readAll(hashesToRead(index), reader);
  const written: StoredHash[] = [{ level: 0, index, hash: leaf }];
  let [hash, at] = [leaf, index];
  for (const [level, left] of lefts.entries()) {
    hash = await nodeHash(left, hash, sha256);
    at = (at - 1) / 2;
    written.push({ level: level + 1, index: at, hash });
  }
  return written;
}

/** The root of the tree over the first `size` entries. Throws a RangeError where that is no size. */
export async function rootOf(size: number, reader: HashReader, sha256: AsyncSha256): Promise<Uint8Array> {
  mustBeSize(size, 'the size of a log');
  if (size === 0) return emptyRoot(sha256);
  return foldRight(await readAll(placesOf({ from: 0, to: size }), reader), sha256);
}

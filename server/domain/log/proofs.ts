import type { AsyncSha256 } from '../shared/signatures.ts';
import {
  type HashReader,
  hashesOf,
  isSize,
  mustBeSize,
  type Place,
  placesOf,
  type Range,
  splitOf,
} from './tree.ts';

/** The nodes beside the way from an entry to the root, from the bottom (RFC 6962, section 2.1.1). */
function inclusionRanges(index: number, size: number): readonly Range[] {
  mustBeSize(size, 'the size of a log');
  if (!isSize(index) || index >= size)
    throw new RangeError(`a log of ${size} entries has none with index ${index}`);
  const beside: Range[] = [];
  let way: Range = { from: 0, to: size };
  while (way.to - way.from > 1) {
    const split = splitOf(way);
    const [left, right] = [
      { from: way.from, to: split },
      { from: split, to: way.to },
    ];
    beside.push(index < split ? right : left);
    way = index < split ? left : right;
  }
  return beside.toReversed();
}

/** The nodes from which both roots follow (RFC 6962, section 2.1.2). */
function consistencyRanges(first: number, second: number): readonly Range[] {
  mustBeSize(second, 'the size of a log');
  if (!isSize(first) || first > second)
    throw new RangeError(`a log of ${second} entries was never one of ${first}`);
  // Every log begins as the empty one, and is itself: neither takes a proof.
  if (first === 0 || first === second) return [];
  const nodes: Range[] = [];
  let way: Range = { from: 0, to: second };
  while (way.to !== first) {
    const split = splitOf(way);
    if (first <= split) {
      nodes.push({ from: split, to: way.to });
      way = { from: way.from, to: split };
    } else {
      nodes.push({ from: way.from, to: split });
      way = { from: split, to: way.to };
    }
  }
  // Whoever checks it has the first root already, where it is a node of the second tree.
  if (way.from !== 0) nodes.push(way);
  return nodes.toReversed();
}

/** The stored hashes that an inclusion proof is made of. Throws a RangeError where the log has no such entry. */
export const inclusionPlaces = (index: number, size: number): readonly Place[] =>
  inclusionRanges(index, size).flatMap(placesOf);

/** The stored hashes that a consistency proof is made of. Throws a RangeError where `first` is the larger. */
export const consistencyPlaces = (first: number, second: number): readonly Place[] =>
  consistencyRanges(first, second).flatMap(placesOf);

/**
 * That the entry `index` is in the tree over the first `size` entries: at most ⌈log2 size⌉ hashes, from the bottom
 * (RFC 6962, section 2.1.1). Throws a RangeError where the log has no such entry.
 */
export const proveInclusion = (
  index: number,
  size: number,
  reader: HashReader,
  sha256: AsyncSha256,
): Promise<readonly Uint8Array[]> => hashesOf(inclusionRanges(index, size), reader, sha256);

/**
 * That the tree over the first `first` entries is the beginning of that over the first `second` (RFC 6962, section
 * 2.1.2). Empty where `first` is 0 or both are the same. Throws a RangeError where `first` is the larger.
 */
export const proveConsistency = (
  first: number,
  second: number,
  reader: HashReader,
  sha256: AsyncSha256,
): Promise<readonly Uint8Array[]> => hashesOf(consistencyRanges(first, second), reader, sha256);

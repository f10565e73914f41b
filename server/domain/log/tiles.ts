import { concatBytes } from '../shared/bytes.ts';
import { RepriseError } from '../shared/errors.ts';
import { accepted, type Parsed, refused } from '../shared/parsed.ts';
import type { AsyncSha256 } from '../shared/signatures.ts';
import { hashBytes, nodeHash } from './hashes.ts';
import { type HashReader, isSize, type Place } from './tree.ts';

/*
 * Tiles (C2SP tlog-tiles). A tile of level L holds up to 256 hashes of the tree's level 8·L, and its number N is
 * where it stands among those of its level. A tile of fewer hashes is partial: more will come. An entry bundle holds
 * the entries themselves that a tile of level 0 holds the hashes of.
 */

export const tileWidth = 256;
/** Levels of the tree in one tile. */
const tileHeight = 8;
const maxLevel = 63;

export type HashTile = {
  readonly kind: 'hashes';
  readonly level: number;
  readonly index: number;
  readonly width: number;
};
export type EntryTile = { readonly kind: 'entries'; readonly index: number; readonly width: number };
export type Tile = HashTile | EntryTile;

/** `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`, without a leading slash. */
export function tilePath(tile: Tile): string {
  const level = tile.kind === 'entries' ? 'entries' : tile.level;
  const part = tile.width === tileWidth ? '' : `.p/${tile.width}`;
  return `tile/${level}/${indexPath(tile.index)}${part}`;
}

/** In groups of three digits, all but the last with an x before it: 1234067 is x001/x234/067. */
function indexPath(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/.{3}/g) ?? [];
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
}

const pathForm = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** Reads the path of a tile in its one right spelling. Whether the log has that tile is another question. */
export function parseTilePath(path: string): Parsed<Tile, 'not-a-tile'> {
  const none = refused(
    'not-a-tile',
    'A tile is tile/<L>/<N> or tile/entries/<N>, with .p/<W> where it is partial.',
  );
  const [, level, groups, part] = pathForm.exec(path) ?? [];
  if (level === undefined || groups === undefined) return none;
  const index = Number(groups.replaceAll(/[x/]/g, ''));
  const width = part === undefined ? tileWidth : Number(part);
  if (!isSize(index) || Number(level) > maxLevel || (part !== undefined && width >= tileWidth)) return none;
  const tile: Tile =
    level === 'entries'
      ? { kind: 'entries', index, width }
      : { kind: 'hashes', level: Number(level), index, width };
  // Zeros before the number would make a second path of the same tile.
  return tilePath(tile) === path ? accepted(tile) : none;
}

/** How many hashes the tile with this number has in a log of `size` entries: from 0, where it has no such tile, to 256. */
export function tileWidthAt(
  { level, index }: { readonly level: number; readonly index: number },
  size: number,
): number {
  const hashes = Math.floor(size / tileWidth ** level);
  return Math.max(0, Math.min(tileWidth, hashes - index * tileWidth));
}

/** The stored hashes that a tile consists of, from left to right. */
export function placesInTile({ level, index, width }: Omit<HashTile, 'kind'>): readonly Place[] {
  return Array.from({ length: width }, (_, at) => ({
    level: level * tileHeight,
    index: index * tileWidth + at,
  }));
}

/** The bytes that are served as a tile: its hashes, one after the other. */
export async function tileBytes(tile: HashTile, reader: HashReader): Promise<Uint8Array> {
  const hashes = await reader(placesInTile(tile));
  if (hashes.length !== tile.width)
    throw new RepriseError(
      'internal',
      `The log has ${hashes.length} of the ${tile.width} hashes of ${tilePath(tile)}.`,
    );
  return concatBytes(...hashes);
}

/** The tile in which a stored hash stands, or from whose hashes it follows, and which of them: `count` from `first`. */
function within({ level, index }: Place) {
  const count = 2 ** (level % tileHeight);
  const at = index * count;
  return {
    level: Math.floor(level / tileHeight),
    index: Math.floor(at / tileWidth),
    first: at % tileWidth,
    count,
  };
}

/** The tiles of a log of `size` entries from which stored hashes follow, each once. */
export function tilesFor(places: readonly Place[], size: number): readonly HashTile[] {
  const tiles = new Map<string, HashTile>();
  for (const place of places) {
    const { level, index } = within(place);
    const tile: HashTile = { kind: 'hashes', level, index, width: tileWidthAt({ level, index }, size) };
    tiles.set(tilePath(tile), tile);
  }
  return [...tiles.values()];
}

/**
 * Stored hashes out of a log's tiles, for whoever has nothing else of it. They prove nothing by themselves: check the
 * root or the proof that is made of them against a signed checkpoint. `fetchTiles` gives the bytes of each tile, in
 * order. Throws a RangeError where a tile is too short.
 */
export function readerOfTiles(
  size: number,
  fetchTiles: (tiles: readonly HashTile[]) => Promise<readonly Uint8Array[]>,
  sha256: AsyncSha256,
): HashReader {
  return async (places) => {
    const tiles = tilesFor(places, size);
    const contents = await fetchTiles(tiles);
    const bytesOf = new Map(tiles.map(({ level, index }, at) => [`${level}/${index}`, contents[at]]));
    return Promise.all(
      places.map((place) => {
        const { level, index, first, count } = within(place);
        const bytes = bytesOf.get(`${level}/${index}`) ?? new Uint8Array(0);
        const hashes = bytes.subarray(first * hashBytes, (first + count) * hashBytes);
        if (hashes.length !== count * hashBytes)
          throw new RangeError(`tile ${level}/${index} is too short for hash ${place.level}/${place.index}`);
        return complete(hashes, sha256);
      }),
    );
  };
}

/** The root of a complete subtree over hashes that stand one after the other. */
async function complete(hashes: Uint8Array, sha256: AsyncSha256): Promise<Uint8Array> {
  if (hashes.length === hashBytes) return hashes;
  const middle = hashes.length / 2;
  const left = await complete(hashes.subarray(0, middle), sha256);
  return nodeHash(left, await complete(hashes.subarray(middle), sha256), sha256);
}

/** An entry of a bundle is prefixed by its length in two bytes. */
export const entryMaxBytes = 0xffff;

/** The bytes that are served as an entry bundle. Throws a RangeError for an entry that is too long. */
export function entryBundle(entries: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    ...entries.flatMap((entry) => {
      if (entry.length > entryMaxBytes)
        throw new RangeError(`an entry of ${entry.length} bytes does not fit a bundle`);
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );
}

/** The entries of a bundle that should have `width` of them. */
export function parseEntryBundle(
  bytes: Uint8Array,
  width: number,
): Parsed<readonly Uint8Array[], 'bundle-malformed'> {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && entries.length < width) {
    const [high = 0, low = 0] = bytes.subarray(at, at + 2);
    const end = at + 2 + ((high << 8) | low);
    if (end > bytes.length)
      return refused('bundle-malformed', `Entry ${entries.length} of the bundle ends after the bundle does.`);
    entries.push(bytes.slice(at + 2, end));
    at = end;
  }
  if (entries.length !== width || at !== bytes.length)
    return refused('bundle-malformed', `The bundle does not hold ${width} entries and nothing else.`);
  return accepted(entries);
}

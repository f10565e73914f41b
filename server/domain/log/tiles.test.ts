import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../shared/bytes.ts';
import { logOf, type MemoryLog } from '../test-kit/memory-log.ts';
import { sha256 } from '../test-kit/signing.ts';
import { leafHash } from './hashes.ts';
import { inclusionPlaces, proveConsistency, proveInclusion } from './proofs.ts';
import {
  entryBundle,
  type HashTile,
  parseEntryBundle,
  parseTilePath,
  readerOfTiles,
  type Tile,
  tileBytes,
  tilePath,
  tilesFor,
  tileWidthAt,
} from './tiles.ts';
import { rootOf } from './tree.ts';

describe('the path of a tile', () => {
  it.each<[string, Tile]>([
    ['tile/0/x001/x234/067', { kind: 'hashes', level: 0, index: 1_234_067, width: 256 }],
    ['tile/63/000.p/255', { kind: 'hashes', level: 63, index: 0, width: 255 }],
    ['tile/1/x001/000.p/1', { kind: 'hashes', level: 1, index: 1_000, width: 1 }],
    ['tile/entries/999', { kind: 'entries', index: 999, width: 256 }],
    ['tile/entries/x273/000.p/112', { kind: 'entries', index: 273_000, width: 112 }],
  ])('%s is written and read', (path, tile) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual({ ok: true, value: tile });
  });

  it('has one spelling', () => {
    const part = fc.constantFrom(
      'tile',
      'entries',
      '0',
      '1',
      '01',
      '64',
      'x001',
      'x000',
      '001',
      '000.p',
      '1',
      '256',
      '-1',
      '',
      '..',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const parsed = parseTilePath(parts.join('/'));
        if (parsed.ok) expect(tilePath(parsed.value)).toBe(parts.join('/'));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    '/tile/0/000',
    'tile/64/000',
    'tile/00/000',
    'tile/-1/000',
    'tile/data/000',
    'tile/0/0',
    'tile/0/1000',
    'tile/0/001/000',
    'tile/0/x000/001',
    'tile/0/x001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p/',
    'tile/0/000/',
    'tile/0/000\n',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/x001/x001/x001/x001/x001/x001/001',
    '',
  ])('%j is refused', (path) => {
    expect(parseTilePath(path)).toMatchObject({ ok: false, code: 'not-a-tile' });
  });
});

describe('the tiles of a log', () => {
  it('of 70,000 entries are those that the specification counts', () => {
    const width = (level: number, index: number) => tileWidthAt({ level, index }, 70_000);
    expect([width(0, 0), width(0, 272), width(0, 273), width(0, 274)]).toEqual([256, 256, 112, 0]);
    expect([width(1, 0), width(1, 1), width(1, 2), width(2, 0), width(2, 1), width(3, 0)]).toEqual([
      256, 17, 0, 1, 0, 0,
    ]);
    expect(tileWidthAt({ level: 1, index: 0 }, 256)).toBe(1);
    expect(tileWidthAt({ level: 63, index: 0 }, Number.MAX_SAFE_INTEGER)).toBe(0);
  });

  const size = 70_000;
  let log: MemoryLog;
  const fetched: HashTile[] = [];
  beforeAll(async () => {
    log = await logOf(Array.from({ length: size }, (_, at) => utf8(`entry ${at}`)));
  });
  const fetchTiles = async (tiles: readonly HashTile[]) => {
    fetched.push(...tiles);
    return Promise.all(tiles.map((tile) => tileBytes(tile, log.reader)));
  };

  it('give the same root and proofs as its store', async () => {
    for (const of of [1, 255, 256, 257, 65_536, 65_537, 70_000]) {
      const tiles = readerOfTiles(of, fetchTiles, sha256);
      expect(await rootOf(of, tiles, sha256)).toEqual(await log.root(of));
      const index = of >> 1;
      expect(await proveInclusion(index, of, tiles, sha256)).toEqual(
        await proveInclusion(index, of, log.reader, sha256),
      );
      expect(await proveConsistency(index, of, tiles, sha256)).toEqual(
        await proveConsistency(index, of, log.reader, sha256),
      );
    }
  });

  it('are fetched once each for a proof, one at every level and those at the edge', () => {
    const tiles = tilesFor(inclusionPlaces(1_000, size), size);
    expect(tiles.map(tilePath)).toEqual(['tile/0/003', 'tile/1/000', 'tile/1/001.p/17', 'tile/0/273.p/112']);
  });

  it('hold the hashes of entries at the lowest level, in order', async () => {
    const bytes = await tileBytes({ kind: 'hashes', level: 0, index: 273, width: 112 }, log.reader);
    expect(bytes.length).toBe(112 * 32);
    expect(bytes.slice(32, 64)).toEqual(await leafHash(utf8(`entry ${273 * 256 + 1}`), sha256));
  });

  it('that are too short give no proof', async () => {
    const short = readerOfTiles(size, async (tiles) => tiles.map(() => new Uint8Array(32)), sha256);
    await expect(rootOf(size, short, sha256)).rejects.toThrow(/too short/);
  });
});

describe('a bundle of entries', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 20 }), (entries) => {
        expect(parseEntryBundle(entryBundle(entries), entries.length)).toEqual({ ok: true, value: entries });
      }),
    );
  });

  it('has two bytes of length before each entry, the larger first', () => {
    const bytes = entryBundle([new Uint8Array(0x0102), Uint8Array.of(7)]);
    expect([...bytes.subarray(0, 2)]).toEqual([1, 2]);
    expect([...bytes.subarray(-3)]).toEqual([0, 1, 7]);
  });

  it('holds no entry that is too long', () => {
    expect(() => entryBundle([new Uint8Array(0x10000)])).toThrow(RangeError);
  });

  it.each([
    ['fewer entries', entryBundle([Uint8Array.of(1)]), 2],
    ['more entries', entryBundle([Uint8Array.of(1), Uint8Array.of(2)]), 1],
    ['an entry that is cut off', entryBundle([Uint8Array.of(1, 2)]).subarray(0, 3), 1],
    ['a length that is cut off', Uint8Array.of(0), 1],
  ])('is refused with %s', (_, bytes, width) => {
    expect(parseEntryBundle(bytes, width)).toMatchObject({ ok: false, code: 'bundle-malformed' });
  });
});

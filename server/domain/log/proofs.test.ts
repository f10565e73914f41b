import { hash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { equalBytes, toHex, utf8 } from '../shared/bytes.ts';
import { logOf, type MemoryLog } from '../test-kit/memory-log.ts';
import { sha256 } from '../test-kit/signing.ts';
import { leafHash } from './hashes.ts';
import { consistencyPlaces, inclusionPlaces, proveConsistency, proveInclusion } from './proofs.ts';
import { hashesToRead, rootOf } from './tree.ts';
import { verifyConsistency, verifyInclusion } from './verify-proofs.ts';

const fromHex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const hexes = (hashes: readonly Uint8Array[]) => hashes.map(toHex);

/** The tree by which implementations of Certificate Transparency are tested. */
const known = {
  entries: [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ],
  roots: [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ],
};
const leaf1 = '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7';
const leaf4 = 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b';
const node23 = '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e';
const node45 = '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a';
const node67 = 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0';
const node4to7 = '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4';

describe('the tree of Certificate Transparency’s tests', () => {
  let log: MemoryLog;
  beforeAll(async () => {
    log = await logOf(known.entries.map(fromHex));
  });

  it.each(known.roots.map((root, size) => [size, root] as const))(
    'has the known root over %i entries',
    async (size, root) => {
      expect(toHex(await log.root(size))).toBe(root);
    },
  );

  it.each([
    [0, 1, []],
    [0, 8, [leaf1, node23, node4to7]],
    [5, 8, [leaf4, node67, known.roots[4]]],
    [2, 3, [known.roots[2]]],
    [1, 5, [known.roots[1], node23, leaf4]],
  ])('has the known path for entry %i of %i', async (index, size, path) => {
    expect(hexes(await proveInclusion(index, size, log.reader, sha256))).toEqual(path);
  });

  it.each([
    [1, 1, []],
    [1, 8, [leaf1, node23, node4to7]],
    [6, 8, [node45, node67, known.roots[4]]],
    [2, 5, [node23, leaf4]],
    [0, 8, []],
  ])('has the known proof that %i entries are the beginning of %i', async (first, second, proof) => {
    expect(hexes(await proveConsistency(first, second, log.reader, sha256))).toEqual(proof);
  });
});

const most = 300;
const entry = (at: number) => utf8(`entry ${at}`);
/** Of a tree and its proofs, what is asked for again and again below. */
const state: { log: MemoryLog; leaves: Uint8Array[]; roots: Uint8Array[] } = {
  log: await logOf([]),
  leaves: [],
  roots: [],
};

beforeAll(async () => {
  const entries = Array.from({ length: most }, (_, at) => entry(at));
  state.log = await logOf(entries);
  state.leaves = await Promise.all(entries.map((each) => leafHash(each, sha256)));
  for (let size = 0; size <= most; size += 1) state.roots.push(await state.log.root(size));
});

const leafAt = (index: number) => state.leaves[index] ?? new Uint8Array(0);
const rootAt = (size: number) => state.roots[size] ?? new Uint8Array(0);
const inclusion = (index: number, size: number) => proveInclusion(index, size, state.log.reader, sha256);
const consistency = (first: number, second: number) =>
  proveConsistency(first, second, state.log.reader, sha256);
const trees = (first: number, second: number) => ({
  first: { size: first, root: rootAt(first) },
  second: { size: second, root: rootAt(second) },
});

/** RFC 6962, section 2.1, word for word. */
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return new Uint8Array(hash('sha256', new Uint8Array(0), 'buffer'));
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const [left, right] = [naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split))];
  return new Uint8Array(hash('sha256', Buffer.concat([Uint8Array.of(1), left, right]), 'buffer'));
}

const flipped = (bytes: Uint8Array, bit: number) =>
  bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

describe('a log', () => {
  it('has from stored hashes the roots that the definition gives', () => {
    for (let size = 0; size <= most; size += 1)
      expect(rootAt(size)).toEqual(naiveRoot(state.leaves.slice(0, size)));
  });

  it('reads as many hashes to append an entry as subtrees end with it, with one question', async () => {
    expect(hashesToRead(0)).toEqual([]);
    expect(hashesToRead(7)).toEqual([
      { level: 0, index: 6 },
      { level: 1, index: 2 },
      { level: 2, index: 0 },
    ]);
    const log = await logOf(Array.from({ length: 7 }, (_, at) => entry(at)));
    log.questions = 0;
    await log.append(entry(7));
    expect(log.questions).toBe(1);
  });

  it('is asked once for each proof, and for what is stored alone', async () => {
    state.log.questions = 0;
    await inclusion(100, 300);
    await consistency(100, 300);
    await state.log.root(299);
    expect(state.log.questions).toBe(3);
  });

  it('proves every entry of every size', async () => {
    for (let size = 1; size <= most; size += 1)
      for (let index = 0; index < size; index += 1) {
        const given = {
          index,
          size,
          leaf: leafAt(index),
          proof: await inclusion(index, size),
          root: rootAt(size),
        };
        const { ok } = await verifyInclusion(given, sha256);
        if (!ok) throw new Error(`entry ${index} of ${size} was not proved`);
      }
  });

  it('proves that every size is the beginning of every larger one', async () => {
    // Beyond two powers of two no new shape comes up; larger pairs are drawn at random below.
    for (let second = 0; second <= most / 2; second += 1)
      for (let first = 0; first <= second; first += 1) {
        const { ok } = await verifyConsistency(
          { ...trees(first, second), proof: await consistency(first, second) },
          sha256,
        );
        if (!ok) throw new Error(`${first} was not proved to be the beginning of ${second}`);
      }
  });

  it('says before a proof is made what is read for it', () => {
    expect(inclusionPlaces(0, 7)).toEqual([
      { level: 0, index: 1 },
      { level: 1, index: 1 },
      { level: 1, index: 2 },
      { level: 0, index: 6 },
    ]);
    expect(consistencyPlaces(4, 7)).toEqual([
      { level: 1, index: 2 },
      { level: 0, index: 6 },
    ]);
    expect(consistencyPlaces(0, 7)).toEqual([]);
  });

  it.each([
    ['an entry that it lacks', () => proveInclusion(7, 7, state.log.reader, sha256)],
    ['an entry before its first', () => proveInclusion(-1, 7, state.log.reader, sha256)],
    ['a size that is no whole number', () => rootOf(1.5, state.log.reader, sha256)],
    ['a size that was larger', () => proveConsistency(8, 7, state.log.reader, sha256)],
  ])('is not asked for %s', async (_, asked) => {
    await expect((async () => asked())()).rejects.toThrow(RangeError);
  });

  it('makes no root where its store gives fewer hashes than it was asked for', async () => {
    await expect(rootOf(7, async () => [], sha256)).rejects.toThrow(/asked for 3 hashes and gave 0/);
  });
});

describe('no proof verifies', () => {
  const size = fc.integer({ min: 1, max: most });
  const entryOf = size.chain((of) => fc.record({ size: fc.constant(of), index: fc.nat(of - 1) }));

  it('for another entry, index or size', async () => {
    await fc.assert(
      fc.asyncProperty(entryOf, entryOf, async (one, other) => {
        fc.pre(one.index !== other.index || one.size !== other.size);
        const proof = await inclusion(one.index, one.size);
        const given = { ...one, leaf: leafAt(one.index), proof, root: rootAt(one.size) };
        const changed = [
          { ...given, ...other, root: rootAt(other.size) },
          { ...given, index: other.index === one.index ? one.index + 1 : other.index },
          { ...given, leaf: leafAt((one.index + 1) % most) },
          ...(one.size === other.size ? [] : [{ ...given, root: rootAt(other.size) }]),
        ];
        for (const each of changed) expect((await verifyInclusion(each, sha256)).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('for two sizes that it was not made for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(size, size), fc.tuple(size, size), async (a, b) => {
        const [one, other] = [a, b].map(([x, y]) => [Math.min(x, y), Math.max(x, y)] as const);
        if (one === undefined || other === undefined) return;
        const proof = await consistency(...one);
        const same = equalProofs(proof, await consistency(...other));
        expect((await verifyConsistency({ ...trees(...other), proof }, sha256)).ok).toBe(same);
      }),
      { numRuns: 500 },
    );
  });

  it('with a bit of it, of the leaf or of the root flipped', async () => {
    await fc.assert(
      fc.asyncProperty(entryOf, fc.nat(), fc.nat(255), async ({ index, size }, at, bit) => {
        const proof = await inclusion(index, size);
        const given = { index, size, leaf: leafAt(index), proof, root: rootAt(size) };
        const changed = [
          { ...given, leaf: flipped(given.leaf, bit) },
          { ...given, root: flipped(given.root, bit) },
          ...(proof.length === 0 ? [] : [{ ...given, proof: flipOne(proof, at, bit) }]),
        ];
        for (const each of changed) expect((await verifyInclusion(each, sha256)).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('of consistency with a bit of it or of a root flipped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(size, size), fc.nat(), fc.nat(255), async ([x, y], at, bit) => {
        const given = trees(Math.min(x, y), Math.max(x, y));
        const proof = await consistency(given.first.size, given.second.size);
        const flip = (tree: { size: number; root: Uint8Array }) => ({
          ...tree,
          root: flipped(tree.root, bit),
        });
        const changed = [
          { ...given, first: flip(given.first), proof },
          { ...given, second: flip(given.second), proof },
          ...(proof.length === 0 ? [] : [{ ...given, proof: flipOne(proof, at, bit) }]),
        ];
        for (const each of changed) expect((await verifyConsistency(each, sha256)).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  const node = new Uint8Array(32);
  it.each([
    ['one hash more', (proof: readonly Uint8Array[]) => [...proof, node]],
    ['one hash less', (proof: readonly Uint8Array[]) => proof.slice(1)],
    ['none', () => []],
    ['more than any tree is high', () => Array.from({ length: 1_000 }, () => node)],
    ['a hash of 31 bytes', (proof: readonly Uint8Array[]) => proof.map((each) => each.subarray(1))],
  ])('with %s', async (_, change) => {
    const given = {
      index: 100,
      size: 300,
      leaf: leafAt(100),
      proof: change(await inclusion(100, 300)),
      root: rootAt(300),
    };
    expect(await verifyInclusion(given, sha256)).toMatchObject({ ok: false, code: 'proof-malformed' });
    const both = { ...trees(100, 300), proof: change(await consistency(100, 300)) };
    expect(await verifyConsistency(both, sha256)).toMatchObject({ ok: false, code: 'proof-malformed' });
  });

  it.each([Number.NaN, -1, 0.5, 2 ** 53, Number.POSITIVE_INFINITY])('of a size of %d', async (wrong) => {
    const given = { index: 0, size: wrong, leaf: leafAt(0), proof: [], root: rootAt(1) };
    expect(await verifyInclusion(given, sha256)).toMatchObject({ ok: false, code: 'size-invalid' });
    expect(await verifyInclusion({ ...given, size: 1, index: wrong }, sha256)).toMatchObject({
      code: 'index-outside',
    });
    const first = { size: wrong, root: rootAt(1) };
    expect(await verifyConsistency({ first, second: first, proof: [] }, sha256)).toMatchObject({
      code: 'size-invalid',
    });
  });
});

const flipOne = (proof: readonly Uint8Array[], at: number, bit: number) =>
  proof.map((each, place) => (place === at % proof.length ? flipped(each, bit) : each));

const equalProofs = (a: readonly Uint8Array[], b: readonly Uint8Array[]) =>
  a.length === b.length && a.every((each, at) => equalBytes(each, b[at] ?? new Uint8Array(0)));

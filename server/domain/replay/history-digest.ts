import { toHex } from '../shared/bytes.ts';
import type { Sha256Stream, StartSha256 } from '../shared/digests.ts';
import { type HistoryRecord, SharedRecord } from './record.ts';

/**
 * The history digest: what was read, so that others can recompute it.
 *
 * - A record is framed as: offset u64, timestamp i64 (ms), key length i32 and key, value length i32 and value,
 *   number of headers i32, and for each header, sorted by name (UTF-16 code units): name length i32, name, value
 *   length i32, value. Big-endian, text as UTF-8, length −1 for null.
 * - A block is 4096 offsets, aligned to multiples of 4096 and cut at the ends of the range. Its digest is the
 *   SHA-256 over the frames of the records delivered in it; a block without records has none.
 * - A partition's digest is SHA-256 over `reprise.history.partition/v1\n`, partition u32, from u64, to u64 and its
 *   block digests in order; the history's is SHA-256 over `reprise.history/v1\n`, number of partitions u32 and
 *   their digests in order of the partition.
 *
 * SHA-256 can't be suspended. A fold that is taken up inside a block reads that block again from its start
 * (`digestStart`), at most 4095 records, so that the digest never depends on where a fold was interrupted.
 */
export const digestBlockOffsets = 4096;

const SCRATCH_BYTES = 65_536;
const COPIED_BY_WORDS = 512;
const HIGH = 2 ** 32;
const DIGEST_BYTES = 32;

/** Where reading must begin, so that the unfinished block at `cursor` can be digested whole. */
export function digestStart(from: number, cursor: number): number {
  return Math.max(from, Math.floor(cursor / digestBlockOffsets) * digestBlockOffsets);
}

/** Header names in canonical order, with their UTF-8. Kept while records carry the same names. */
type HeaderOrder = { readonly names: readonly string[]; readonly sorted: readonly [string, Uint8Array][] };

const encoder = new TextEncoder();

/** The digest of one partition's range, block by block. */
export class HistoryDigest {
  private readonly start: StartSha256;
  private readonly scratch = new Uint8Array(SCRATCH_BYTES);
  private readonly view = new DataView(this.scratch.buffer);
  /** Of the memory that was copied from last: records of one answer share it. */
  private copied: DataView = this.view;
  private at = 0;
  private block: Sha256Stream | null = null;
  /** End of the block that is open; records at or after it open another. */
  private blockEnd = -1;
  private finished: Uint8Array;
  private finishedBytes: number;
  private order: HeaderOrder = { names: [], sorted: [] };

  constructor(start: StartSha256, finishedBlocks: Uint8Array = new Uint8Array(0)) {
    this.start = start;
    this.finished = finishedBlocks.slice();
    this.finishedBytes = finishedBlocks.length;
  }

  /** Takes in the next record of the range. `record` is not kept. */
  add(record: HistoryRecord): void {
    if (record.offset >= this.blockEnd) {
      this.finishBlock();
      this.block = this.start();
      this.blockEnd = (Math.floor(record.offset / digestBlockOffsets) + 1) * digestBlockOffsets;
    }
    const { headers } = record;
    this.reserve(16);
    this.u64(record.offset);
    this.i64(record.timestampMs);
    if (record instanceof SharedRecord) {
      const { bytes, keyFrom, keyTo, valueFrom, valueTo } = record;
      this.range(bytes, keyFrom, keyTo);
      this.range(bytes, valueFrom, valueTo);
    } else {
      this.bytes(record.key);
      this.bytes(record.value);
    }
    this.reserve(4);
    if (headers === null) this.i32(0);
    else this.headers(headers);
  }

  /** Digests of the blocks that end at or before `next`, 32 bytes each. */
  blocksUntil(next: number): Uint8Array {
    if (next >= this.blockEnd) this.finishBlock();
    return this.finished.slice(0, this.finishedBytes);
  }

  /** Digests of all blocks, the one that the range's end cuts among them. */
  blocksAtEnd(): Uint8Array {
    return this.blocksUntil(Number.POSITIVE_INFINITY);
  }

  private finishBlock(): void {
    if (this.block === null) return;
    this.flush();
    if (this.finishedBytes === this.finished.length) {
      const larger = new Uint8Array(Math.max(64 * DIGEST_BYTES, this.finished.length * 2));
      larger.set(this.finished);
      this.finished = larger;
    }
    this.finished.set(this.block.digest(), this.finishedBytes);
    this.finishedBytes += DIGEST_BYTES;
    this.block = null;
    this.blockEnd = -1;
  }

  private flush(): void {
    if (this.at === 0) return;
    this.block?.update(this.scratch.subarray(0, this.at));
    this.at = 0;
  }

  private reserve(bytes: number): void {
    if (this.at + bytes > SCRATCH_BYTES) this.flush();
  }

  private i32(value: number): void {
    this.view.setInt32(this.at, value);
    this.at += 4;
  }

  private u64(value: number): void {
    this.view.setUint32(this.at, value / HIGH);
    this.view.setUint32(this.at + 4, value >>> 0);
    this.at += 8;
  }

  private i64(value: number): void {
    const whole = Math.floor(value);
    const high = Math.floor(whole / HIGH);
    this.view.setInt32(this.at, high);
    this.view.setUint32(this.at + 4, whole - high * HIGH);
    this.at += 8;
  }

  private bytes(value: Uint8Array | null): void {
    const length = value === null ? -1 : value.length;
    this.reserve(4 + Math.max(length, 0));
    this.i32(length);
    if (value === null || length === 0) return;
    if (length > SCRATCH_BYTES - 4) {
      this.flush();
      this.block?.update(value);
      return;
    }
    this.scratch.set(value, this.at);
    this.at += length;
  }

  /** The same of `[from, to)` of memory that records share; null where `from` is −1. */
  private range(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (from < 0) this.bytes(null);
    else if (length > COPIED_BY_WORDS) this.bytes(bytes.subarray(from, to));
    else {
      this.reserve(4 + length);
      this.i32(length);
      this.copy(bytes, from, to);
      this.at += length;
    }
  }

  /** A loop over words: for as short as a record is, twice as fast as making a view and copying that. */
  private copy(bytes: Uint8Array, from: number, to: number): void {
    if (bytes.buffer !== this.copied.buffer) this.copied = new DataView(bytes.buffer);
    const { copied, view, scratch } = this;
    const shift = bytes.byteOffset;
    let at = this.at;
    let i = from;
    for (; i + 8 <= to; i += 8, at += 8) view.setBigUint64(at, copied.getBigUint64(shift + i));
    for (; i < to; i++, at++) scratch[at] = bytes[i] ?? 0;
  }

  private headers(headers: NonNullable<HistoryRecord['headers']>): void {
    const { sorted } = this.orderOf(headers);
    this.i32(sorted.length);
    for (const [name, utf8] of sorted) {
      const value = headers[name];
      this.bytes(utf8);
      this.bytes(typeof value === 'string' ? encoder.encode(value) : (value ?? null));
    }
  }

  private orderOf(headers: NonNullable<HistoryRecord['headers']>): HeaderOrder {
    const { names } = this.order;
    let at = 0;
    for (const name in headers) {
      if (names[at] !== name) {
        at = -1;
        break;
      }
      at += 1;
    }
    if (at !== names.length) {
      const found = Object.keys(headers);
      this.order = {
        names: found,
        sorted: found.toSorted().map((name) => [name, encoder.encode(name)] as [string, Uint8Array]),
      };
    }
    return this.order;
  }
}

/** Digest of one partition's range, from its block digests. 32 bytes. */
export function partitionDigest(
  start: StartSha256,
  range: { readonly partition: number; readonly from: number; readonly to: number },
  blockDigests: Uint8Array,
): Uint8Array {
  const head = new DataView(new ArrayBuffer(20));
  head.setUint32(0, range.partition);
  head.setBigUint64(4, BigInt(range.from));
  head.setBigUint64(12, BigInt(range.to));
  const sha256 = start();
  sha256.update(encoder.encode('reprise.history.partition/v1\n'));
  sha256.update(new Uint8Array(head.buffer));
  sha256.update(blockDigests);
  return sha256.digest();
}

/** Digest of everything that was read, lower-case hexadecimal. */
export function historyDigest(
  start: StartSha256,
  partitions: readonly {
    readonly partition: number;
    readonly from: number;
    readonly to: number;
    readonly blockDigests: Uint8Array;
  }[],
): string {
  const count = new DataView(new ArrayBuffer(4));
  count.setUint32(0, partitions.length);
  const sha256 = start();
  sha256.update(encoder.encode('reprise.history/v1\n'));
  sha256.update(new Uint8Array(count.buffer));
  for (const range of partitions.toSorted((a, b) => a.partition - b.partition)) {
    sha256.update(partitionDigest(start, range, range.blockDigests));
  }
  return toHex(sha256.digest());
}

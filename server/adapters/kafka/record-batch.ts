import { crc32c, Reader } from '@platformatic/kafka';
import type { WholeRecord } from '../../application/ports/topic-records.ts';
import { type HistoryRecord, SharedRecord } from '../../domain/replay/index.ts';
import { decompress } from './codecs.ts';

/**
 * Reads Kafka's record batches, version 2 (kafka.apache.org/documentation, "Record Batch"; KIP-98).
 *
 * Own code, because what a replay has to know is lost in the clients that we tried: which offsets a control batch,
 * an aborted transaction or a compacted batch took. It is also three times as fast as they are.
 */
const LENGTH_AT = 8;
const MAGIC_AT = 16;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const LAST_DELTA_AT = 23;
const BASE_TIME_AT = 27;
const MAX_TIME_AT = 35;
const PRODUCER_AT = 43;
const COUNT_AT = 57;
const RECORDS_AT = 61;

const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** A whole batch as the broker stores it. `last` is inclusive, and counts offsets that compaction has emptied. */
export type Frame = {
  readonly bytes: Buffer;
  readonly base: number;
  readonly last: number;
};

/** What the broker sent is not what it stored, or not what the protocol allows. */
export class CorruptBatchError extends Error {
  override readonly name = 'CorruptBatchError';
}

/** An int64 as an exact number. Two's complement, as timestamps may be negative. */
function readInt64(bytes: Buffer, at: number): number {
  const value = bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
  if (!Number.isSafeInteger(value)) throw new CorruptBatchError(`the value at byte ${at} is beyond 2^53 − 1`);
  return value;
}

/**
 * Cuts a fetch answer into batches without reading their records. A broker cuts an answer at its size limit, so
 * the last batch may be partial; it is left out, to be asked for again.
 * Throws CorruptBatchError where a checksum does not match.
 */
export function frames(answer: Buffer): Frame[] {
  const found: Frame[] = [];
  let at = 0;
  while (at + RECORDS_AT <= answer.length) {
    const end = at + LENGTH_AT + 4 + answer.readInt32BE(at + LENGTH_AT);
    if (end < at + RECORDS_AT) throw new CorruptBatchError('a batch is shorter than its header');
    if (end > answer.length) break;
    const bytes = answer.subarray(at, end);
    const magic = bytes.readInt8(MAGIC_AT);
    if (magic !== 2) {
      throw new CorruptBatchError(
        `a batch has message format ${magic}; Reprise reads format 2 (Kafka 0.11 and newer), so the topic must be copied once`,
      );
    }
    const base = readInt64(bytes, 0);
    // Before anything else of it is believed. Handed over as the driver's own buffer, the one form that it does
    // not copy first.
    if (crc32c(Reader.from(bytes.subarray(ATTRIBUTES_AT)).buffer) !== bytes.readUInt32BE(CRC_AT)) {
      throw new CorruptBatchError(`the batch at offset ${base} does not match its checksum`);
    }
    found.push({
      bytes,
      base,
      last: base + bytes.readInt32BE(LAST_DELTA_AT),
    });
    at = end;
  }
  return found;
}

export function isControl(frame: Frame): boolean {
  return (frame.bytes.readInt16BE(ATTRIBUTES_AT) & CONTROL) !== 0;
}

export function isTransactional(frame: Frame): boolean {
  return (frame.bytes.readInt16BE(ATTRIBUTES_AT) & TRANSACTIONAL) !== 0;
}

export function producerId(frame: Frame): bigint {
  return frame.bytes.readBigInt64BE(PRODUCER_AT);
}

/** Whether a control batch ends a transaction by abort: its record's key is version (int16) and type (0 = abort). */
export function isAbortMarker(frame: Frame): boolean {
  let abort = false;
  readFrame(frame, (record) => {
    const { key } = record;
    if (key instanceof Buffer && key.length >= 4 && key.readInt16BE(2) === 0) abort = true;
  });
  return abort;
}

/**
 * Decompresses a batch and hands over its records in offset order.
 * Throws CorruptBatchError where they do not fit into it.
 */
export function readFrame(frame: Frame, each: (record: SharedRecord) => void): void {
  readWith(frame, (reader, base, baseTime, appendTime) => each(reader.next(base, baseTime, appendTime)));
}

function readWith(
  frame: Frame,
  readOne: (reader: RecordReader, base: number, baseTime: number, appendTime: number | null) => void,
): void {
  const { bytes } = frame;
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
  const appendTime = (attributes & LOG_APPEND_TIME) !== 0 ? readInt64(bytes, MAX_TIME_AT) : null;
  const baseTime = readInt64(bytes, BASE_TIME_AT);
  const count = bytes.readInt32BE(COUNT_AT);
  const codec = attributes & 0x07;
  const body = codec === 0 ? bytes : decompressBody(frame, codec);
  const reader = new RecordReader(body, codec === 0 ? RECORDS_AT : 0);
  for (let i = 0; i < count; i++) readOne(reader, frame.base, baseTime, appendTime);
}

/** The records of a batch with every header in its order, where two may have one name. Not for the hot loop. */
export function readWhole(frame: Frame): WholeRecord[] {
  const found: WholeRecord[] = [];
  readWith(frame, (reader, base, baseTime, appendTime) => {
    found.push(reader.nextWhole(base, baseTime, appendTime));
  });
  return found;
}

function decompressBody(frame: Frame, codec: number): Buffer {
  try {
    return decompress(codec, frame.bytes.subarray(RECORDS_AT));
  } catch (cause) {
    throw new CorruptBatchError(
      `the batch at offset ${frame.base} can't be decompressed: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  }
}

class RecordReader {
  private at: number;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  next(baseOffset: number, baseTime: number, appendTime: number | null): SharedRecord {
    const length = this.varint();
    const end = this.at + length;
    if (length < 0 || end > this.bytes.length)
      throw new CorruptBatchError('a record reaches beyond its batch');
    this.at += 1; // attributes: unused
    const timeDelta = this.varlong();
    const offset = baseOffset + this.varint();
    const keyFrom = this.skipBytes(end);
    const keyTo = keyFrom < 0 ? -1 : this.at;
    const valueFrom = this.skipBytes(end);
    const valueTo = valueFrom < 0 ? -1 : this.at;
    const headers = this.headers(end);
    this.at = end;
    const timestampMs = appendTime ?? baseTime + timeDelta;
    return new SharedRecord(offset, timestampMs, this.bytes, keyFrom, keyTo, valueFrom, valueTo, headers);
  }

  nextWhole(baseOffset: number, baseTime: number, appendTime: number | null): WholeRecord {
    const from = this.at;
    const { offset, timestampMs, key, value } = this.next(baseOffset, baseTime, appendTime);
    const end = this.at;
    // Once more to its headers: what `next` gives of them has each name once.
    this.at = from;
    const length = this.varint();
    if (length < 0) throw new CorruptBatchError('a record reaches beyond its batch');
    this.at += 1;
    this.varlong();
    this.varint();
    this.bytesOrNull(end);
    this.bytesOrNull(end);
    const headers: [string, Uint8Array | null][] = [];
    for (let left = this.varint(); left > 0; left--) {
      const name = this.bytesOrNull(end)?.toString('utf8') ?? '';
      headers.push([name, this.bytesOrNull(end)]);
    }
    this.at = end;
    return { offset, timestampMs, key, value, headers };
  }

  private headers(end: number): HistoryRecord['headers'] {
    const count = this.varint();
    if (count === 0) return null;
    // No prototype: a header may be called __proto__. Of several with one name the last counts, as in Kafka's
    // own Headers.lastHeader.
    const headers: Record<string, Uint8Array | undefined> = Object.create(null);
    for (let i = 0; i < count; i++) {
      const name = this.bytesOrNull(end)?.toString('utf8') ?? '';
      headers[name] = this.bytesOrNull(end) ?? undefined;
    }
    return headers;
  }

  /** A view and no copy: it keeps the answer it lies in alive as long as it lives itself. */
  private bytesOrNull(end: number): Buffer | null {
    const from = this.skipBytes(end);
    return from < 0 ? null : this.bytes.subarray(from, this.at);
  }

  /** Where a field's bytes begin, of which the end is where the reader stands then; −1: the field is null. */
  private skipBytes(end: number): number {
    const length = this.varint();
    if (length < 0) return -1;
    const from = this.at;
    this.at = from + length;
    if (this.at > end) throw new CorruptBatchError('a field reaches beyond its record');
    return from;
  }

  /** Zigzag, at most 32 bits. Beyond the end it reads zeros, which the caller's bounds then refuse. */
  private varint(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] ?? 0;
    let value = byte & 0x7f;
    for (let shift = 7; byte > 0x7f && shift < 35; shift += 7) {
      byte = bytes[this.at++] ?? 0;
      value |= (byte & 0x7f) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** Zigzag, 64 bits, as an exact number: a batch may span years, and 2^31 milliseconds are 25 days. */
  private varlong(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] ?? 0;
    let value = byte & 0x7f;
    for (let scale = 0x80; byte > 0x7f && scale < 2 ** 63; scale *= 0x80) {
      byte = bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * scale;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

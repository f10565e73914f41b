import { gzipSync } from 'node:zlib';
import { crc32c } from '@platformatic/kafka';

type Entry = {
  delta: number;
  key?: Buffer | null;
  value?: Buffer | null;
  timeDelta?: number;
  headers?: [string, Buffer | null][];
};
type BatchToWrite = {
  base: number;
  lastDelta: number;
  entries: readonly Entry[];
  producer?: bigint;
  transactional?: boolean;
  control?: boolean;
  gzip?: boolean;
  appendTime?: number;
};

/** Written from the protocol's description and from nothing of the code under test. */
export function encode(batch: BatchToWrite): Buffer {
  const records = Buffer.concat(batch.entries.map(encodeRecord));
  const body = batch.gzip ? gzipSync(records) : records;
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(BigInt(batch.base), 0);
  head.writeInt32BE(49 + body.length, 8);
  head.writeInt32BE(3, 12);
  head.writeInt8(2, 16);
  const flags = (batch.gzip ? 1 : 0) | (batch.appendTime === undefined ? 0 : 8);
  head.writeInt16BE(flags | (batch.transactional ? 0x10 : 0) | (batch.control ? 0x20 : 0), 21);
  head.writeInt32BE(batch.lastDelta, 23);
  head.writeBigInt64BE(1000n, 27);
  head.writeBigInt64BE(BigInt(batch.appendTime ?? 1000), 35);
  head.writeBigInt64BE(batch.producer ?? -1n, 43);
  head.writeInt32BE(batch.entries.length, 57);
  const whole = Buffer.concat([head, body]);
  whole.writeUInt32BE(crc32c(whole.subarray(21)), 17);
  return whole;
}

function encodeRecord(entry: Entry): Buffer {
  const headers = entry.headers ?? [];
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(entry.timeDelta ?? 0),
    varint(entry.delta),
    bytes(entry.key ?? null),
    bytes(entry.value === undefined ? Buffer.from('v') : entry.value),
    varint(headers.length),
    ...headers.flatMap(([name, value]) => [bytes(Buffer.from(name)), bytes(value)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function bytes(value: Buffer | null): Buffer {
  return value === null ? varint(-1) : Buffer.concat([varint(value.length), value]);
}

function varint(value: number): Buffer {
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  const out: number[] = [];
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Buffer.from([...out, Number(rest)]);
}

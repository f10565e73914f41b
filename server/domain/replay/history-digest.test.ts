import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestStart, HistoryDigest, historyDigest } from './history-digest.ts';
import type { HistoryRecord } from './record.ts';
import { laidOut } from './records-under-test.ts';

const startSha256 = () => {
  const hash = createHash('sha256');
  return { update: (data: Uint8Array) => void hash.update(data), digest: () => hash.digest() };
};

/** The framing again, written as plainly as its specification. */
function frame(record: HistoryRecord): Buffer {
  const i32 = (n: number) => {
    const b = Buffer.alloc(4);
    b.writeInt32BE(n);
    return b;
  };
  const sized = (v: Uint8Array | string | null | undefined) =>
    v === null || v === undefined
      ? i32(-1)
      : Buffer.concat([i32(Buffer.from(v).length), typeof v === 'string' ? Buffer.from(v) : v]);
  const head = Buffer.alloc(16);
  head.writeBigUInt64BE(BigInt(record.offset));
  head.writeBigInt64BE(BigInt(record.timestampMs), 8);
  const names = Object.keys(record.headers ?? {}).sort();
  return Buffer.concat([
    head,
    sized(record.key),
    sized(record.value),
    i32(names.length),
    ...names.flatMap((name) => [sized(name), sized(record.headers?.[name])]),
  ]);
}

function plainBlocks(records: readonly HistoryRecord[]): Buffer {
  const blocks = new Map<number, Buffer[]>();
  for (const r of records) {
    const block = Math.floor(r.offset / 4096);
    blocks.set(block, [...(blocks.get(block) ?? []), frame(r)]);
  }
  return Buffer.concat(
    [...blocks.values()].map((b) => createHash('sha256').update(Buffer.concat(b)).digest()),
  );
}

const record = fc.record({
  gap: fc.oneof(
    fc.constant(1),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1000, max: 9000 }),
    fc.constant(2 ** 33),
  ),
  timestampMs: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 2 ** 45 })),
  key: fc.option(fc.uint8Array({ maxLength: 20 })),
  value: fc.option(
    fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.integer({ min: 500, max: 530 }).map((n) => new Uint8Array(n).fill(n)),
      fc.integer({ min: 65_000, max: 66_000 }).map((n) => new Uint8Array(n).fill(n)),
    ),
  ),
  headers: fc.option(
    fc.dictionary(
      fc.constantFrom('id', 'type', 'ä', 'z', '10', '9'),
      fc.oneof(fc.uint8Array({ maxLength: 9 }), fc.string({ maxLength: 5 }), fc.constant(undefined)),
      { noNullPrototype: true },
    ),
  ),
});
const history = fc.array(record, { maxLength: 60 }).map((list) => {
  let offset = -1;
  return list.map(({ gap, ...rest }): HistoryRecord => {
    offset += gap;
    return { ...rest, offset };
  });
});

describe('the history digest', () => {
  test('follows its specification, record by record', () => {
    fc.assert(
      fc.property(history, (records) => {
        const digest = new HistoryDigest(startSha256);
        for (const r of records) digest.add(r);
        expect(Buffer.from(digest.blocksAtEnd()).toString('hex')).toBe(plainBlocks(records).toString('hex'));
      }),
    );
  });

  test('is the same for records that lie in memory which they share', () => {
    fc.assert(
      fc.property(history, (records) => {
        const digest = new HistoryDigest(startSha256);
        for (const r of laidOut(records)) digest.add(r);
        expect(Buffer.from(digest.blocksAtEnd()).equals(plainBlocks(records))).toBe(true);
      }),
    );
  });

  test('is the same for a fold that was interrupted anywhere and taken up from digestStart', () => {
    fc.assert(
      fc.property(history, fc.array(fc.nat(80), { maxLength: 4 }), (records, stops) => {
        let digest = new HistoryDigest(startSha256);
        let done = 0;
        for (const stop of stops.toSorted((a, b) => a - b)) {
          while (done < stop && done < records.length) digest.add(records[done++] as HistoryRecord);
          const cursor = (records[done - 1]?.offset ?? -1) + 1;
          digest = new HistoryDigest(startSha256, digest.blocksUntil(cursor));
          const from = digestStart(0, cursor);
          for (const r of records.slice(0, done)) if (r.offset >= from) digest.add(r);
        }
        for (const r of records.slice(done)) digest.add(r);
        expect(Buffer.from(digest.blocksAtEnd()).equals(plainBlocks(records))).toBe(true);
      }),
    );
  });

  test('names range and partition: the same records in another range are another history', () => {
    const range = { partition: 0, from: 0, to: 10, blockDigests: new Uint8Array(32) };
    const whole = historyDigest(startSha256, [range]);
    expect(historyDigest(startSha256, [{ ...range, to: 11 }])).not.toBe(whole);
    expect(historyDigest(startSha256, [{ ...range, partition: 1 }])).not.toBe(whole);
    expect(whole).toMatch(/^[0-9a-f]{64}$/);
  });

  test('does not depend on the order in which partitions are given', () => {
    const a = { partition: 0, from: 0, to: 10, blockDigests: new Uint8Array(32) };
    const b = { partition: 1, from: 0, to: 10, blockDigests: new Uint8Array(64) };
    expect(historyDigest(startSha256, [b, a])).toBe(historyDigest(startSha256, [a, b]));
  });
});

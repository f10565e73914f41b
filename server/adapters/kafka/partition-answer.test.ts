import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordBatch } from '../../domain/replay/index.ts';
import { encode } from './batches-under-test.ts';
import { type AbortedTransaction, toRecordBatches } from './partition-answer.ts';
import { CorruptBatchError, frames } from './record-batch.ts';

const marker = (base: number, producer: bigint, type: 'abort' | 'commit') =>
  encode({
    base,
    lastDelta: 0,
    producer,
    transactional: true,
    control: true,
    entries: [{ delta: 0, key: Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]), value: Buffer.alloc(6) }],
  });

function read(
  log: readonly Buffer[],
  aborted: readonly AbortedTransaction[] = [],
  from = 0,
  to = 1_000_000,
): RecordBatch[] {
  const answer = { partition: 0, frames: frames(Buffer.concat(log)), aborted };
  return [...toRecordBatches(answer, from, to, 'missing')];
}

describe('a fetch answer', () => {
  it('gives timestamps over years, negative ones, and the broker’s own where the topic says so', () => {
    const deltas = [0, -1000, 31_536_000_000, -5_000_000_000_000];
    const entries = deltas.map((timeDelta, delta) => ({ delta, timeDelta }));
    const written = read([encode({ base: 0, lastDelta: 3, entries })])[0];
    expect(written?.records.map((r) => r.timestampMs)).toEqual(deltas.map((d) => 1000 + d));
    const appended = read([encode({ base: 0, lastDelta: 3, entries, appendTime: 777 })])[0];
    expect(appended?.records.map((r) => r.timestampMs)).toEqual([777, 777, 777, 777]);
  });

  it('keeps headers by name, the last of several, and one that is called __proto__', () => {
    const headers: [string, Buffer | null][] = [
      ['a', Buffer.from('1')],
      ['a', Buffer.from('2')],
      ['__proto__', Buffer.from('p')],
      ['none', null],
    ];
    const found = read([encode({ base: 0, lastDelta: 0, entries: [{ delta: 0, headers }] })])[0]?.records[0]
      ?.headers;
    expect(Object.entries(found ?? {}).map(([name, value]) => [name, value?.toString()])).toEqual([
      ['a', '2'],
      ['__proto__', 'p'],
      ['none', undefined],
    ]);
  });

  it('counts offsets that a batch has lost as absent, at its start, in it and at its end', () => {
    const batch = encode({ base: 10, lastDelta: 9, entries: [{ delta: 2 }, { delta: 5 }], gzip: true });
    expect(read([batch], [], 8)).toMatchObject([
      {
        records: [{ offset: 12 }, { offset: 15 }],
        absences: [
          { from: 8, to: 12, cause: 'missing' },
          { from: 13, to: 15, cause: 'missing' },
          { from: 16, to: 20, cause: 'missing' },
        ],
        next: 20,
      },
    ]);
  });

  it('comes past a batch that compaction has emptied', () => {
    const [batch] = read([encode({ base: 0, lastDelta: 4, entries: [] })]);
    expect(batch).toMatchObject({ records: [], absences: [{ from: 0, to: 5 }], next: 5 });
  });

  it('tells two transactions apart that were open at once, both begun before the answer, one aborted', () => {
    const data = (base: number, producer: bigint) =>
      encode({ base, lastDelta: 0, producer, transactional: true, entries: [{ delta: 0 }] });
    const log = [
      data(10, 2n),
      data(11, 1n),
      data(12, 3n),
      marker(13, 1n, 'abort'),
      marker(14, 2n, 'abort'),
      data(15, 1n),
    ];
    const aborted = [
      { producerId: 2n, firstOffset: 5 },
      { producerId: 1n, firstOffset: 4 },
    ];
    expect(read(log, aborted, 10)).toMatchObject([
      {
        records: [{ offset: 12 }, { offset: 15 }],
        absences: [
          { from: 10, to: 12, cause: 'aborted' },
          { from: 13, to: 15, cause: 'control' },
        ],
      },
    ]);
  });

  it('takes no record for an abort marker because of its key', () => {
    const key = Buffer.from([0, 0, 0, 0]);
    const data = (base: number) =>
      encode({ base, lastDelta: 0, producer: 1n, transactional: true, entries: [{ delta: 0, key }] });
    const [batch] = read([data(0), data(1), marker(2, 1n, 'abort')], [{ producerId: 1n, firstOffset: 0 }]);
    expect(batch?.records).toEqual([]);
    expect(batch?.absences).toEqual([
      { from: 0, to: 2, cause: 'aborted' },
      { from: 2, to: 3, cause: 'control' },
    ]);
  });

  it('that was cut off gives its whole batches, and the rest is asked for again', () => {
    const whole = encode({ base: 0, lastDelta: 0, entries: [{ delta: 0 }] });
    for (let length = whole.length; length < 2 * whole.length; length++) {
      expect(read([Buffer.concat([whole, whole]).subarray(0, length)])[0]?.next).toBe(1);
    }
  });

  it('that was altered on its way is refused, whichever byte it was', () => {
    const batch = encode({
      base: 0,
      lastDelta: 1,
      entries: [{ delta: 0, key: Buffer.from('key') }, { delta: 1 }],
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 17, max: batch.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, mask) => {
          const altered = Buffer.from(batch);
          altered[at] = (altered[at] ?? 0) ^ mask;
          expect(() => read([altered])).toThrow(CorruptBatchError);
        },
      ),
    );
  });

  it('of an old message format is refused with what to do', () => {
    const batch = encode({ base: 0, lastDelta: 0, entries: [{ delta: 0 }] });
    batch.writeInt8(1, 16);
    expect(() => read([batch])).toThrow(/message format 1.*must be copied once/);
  });

  it('accounts for every offset of any log and any range exactly once, in as many answers as it takes', () => {
    const step = fc.record({
      kind: fc.constantFrom('data', 'tx', 'abort', 'commit', 'hole'),
      producer: fc.integer({ min: 1, max: 3 }),
      size: fc.integer({ min: 1, max: 6 }),
      keep: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      gzip: fc.boolean(),
    });
    const anyLog = fc.array(step, { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(
        anyLog,
        fc.nat(80),
        fc.nat(80),
        fc.integer({ min: 1, max: 5 }),
        (steps, a, b, perAnswer) => {
          const { log, expected, aborted, end } = write(steps);
          const from = Math.min(a, b, end);
          const to = Math.min(Math.max(a, b), end);
          const got: string[] = [];
          let at = from;
          for (let i = 0; i < log.length && at < to; i += perAnswer) {
            const part = frames(Buffer.concat(log.slice(i, i + perAnswer)));
            const answer = { partition: 0, frames: part, aborted: aborted.filter((t) => t.last >= at) };
            for (const batch of toRecordBatches(answer, at, to, 'compacted')) {
              const spans = [
                ...batch.records.map((r) => ({ from: r.offset, to: r.offset + 1, cause: 'record' })),
                ...batch.absences,
              ].sort((x, y) => x.from - y.from);
              for (const span of spans) {
                expect(span.from).toBe(at);
                for (let o = span.from; o < span.to; o++) got.push(span.cause);
                at = span.to;
              }
              expect(batch.next).toBe(at);
            }
          }
          // A hole behind the last batch is no answer's to see.
          while (at < to && expected[at] === 'compacted') {
            got.push('compacted');
            at += 1;
          }
          expect(got).toEqual(expected.slice(from, to));
        },
      ),
      { numRuns: 500 },
    );
  });
});

type Step = { kind: string; producer: number; size: number; keep: boolean[]; gzip: boolean };

/** A log as a broker would hold it, what each offset is, and the aborted transactions it would name. */
function write(steps: readonly Step[]) {
  const log: Buffer[] = [];
  const expected: string[] = [];
  const aborted: (AbortedTransaction & { last: number })[] = [];
  const open = new Map<number, { first: number; offsets: number[] }>();
  for (const { kind, producer, size, keep, gzip } of steps) {
    const base = expected.length;
    const kept = keep.slice(0, size);
    if (kind === 'hole') expected.push('compacted');
    else if (kind === 'data' || kind === 'tx') {
      const entries = kept.flatMap((isKept, delta) => (isKept ? [{ delta }] : []));
      const transaction = kind === 'tx' ? { producer: BigInt(producer), transactional: true } : {};
      log.push(encode({ base, lastDelta: size - 1, entries, gzip, ...transaction }));
      const running = open.get(producer) ?? { first: base, offsets: [] };
      if (kind === 'tx') open.set(producer, running);
      for (const [delta, isKept] of kept.entries()) {
        expected.push(isKept ? 'record' : 'compacted');
        if (kind === 'tx') running.offsets.push(base + delta);
      }
    } else {
      const ended = open.get(producer);
      if (!ended) continue;
      log.push(marker(base, BigInt(producer), kind === 'abort' ? 'abort' : 'commit'));
      expected.push('control');
      if (kind === 'abort') {
        aborted.push({ producerId: BigInt(producer), firstOffset: ended.first, last: base });
        for (const offset of ended.offsets) expected[offset] = 'aborted';
      }
      open.delete(producer);
    }
  }
  return { log, expected, aborted, end: expected.length };
}

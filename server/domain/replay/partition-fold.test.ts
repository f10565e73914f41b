import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type Contract,
  defineContract,
  type EngineContract,
  event,
  fromColumn,
  fromHeader,
  fromKey,
  fromValue,
  kafkaHistory,
} from '../contract/define.ts';
import { eventsProcessed } from './counters.ts';
import { historyDigest } from './history-digest.ts';
import { type FoldCheckpoint, PartitionFold, type PartitionFoldOptions } from './partition-fold.ts';
import { murmur2Partition } from './partitioners.ts';
import type { Absence, HistoryRecord, RecordBatch } from './record.ts';
import { laidOut } from './records-under-test.ts';
import { findShared, SeenTable } from './seen-table.ts';

const startSha256 = () => {
  const hash = createHash('sha256');
  return { update: (data: Uint8Array) => void hash.update(data), digest: () => hash.digest() };
};
const utf8 = (text: string) => new TextEncoder().encode(text);
const decode = (record: HistoryRecord): unknown =>
  JSON.parse(new TextDecoder().decode(record.value ?? undefined));

type Total = { total: number; last: string };
const received = event(1, z.object({ quantity: z.number() })).next(
  2,
  z.object({ amount: z.number() }),
  (before) => ({ amount: before.quantity }),
);

function contractWith(
  change: Partial<Contract<Total, { id: string; key: string; data: { amount: number }; type: string }>> = {},
): EngineContract {
  const whole = defineContract({
    id: 'stock',
    title: 'Stock',
    authors: ['ann'],
    history: kafkaHistory({ topic: 'stock' }),
    envelope: {
      id: fromValue('id'),
      type: fromValue('type'),
      version: fromValue('v'),
      data: fromValue('data'),
    },
    ordering: { key: fromKey(), partitioner: 'murmur2' },
    events: { Received: received },
    ignored: ['Noted'],
    projection: {
      initial: (): Total => ({ total: 0, last: '' }),
      apply: (state: Total, e) => ({ total: state.total + e.data.amount, last: e.id }),
    },
    derivedStates: {},
  });
  return { ...whole, ...change } as unknown as EngineContract;
}

const message = (offset: number, key: string | null, value: unknown): HistoryRecord => ({
  offset,
  timestampMs: 1_700_000_000_000 + offset,
  key: key === null ? null : utf8(key),
  value: value === null ? null : utf8(typeof value === 'string' ? value : JSON.stringify(value)),
  headers: {},
});
const receipt = (offset: number, key: string, id: string, amount: number): HistoryRecord =>
  message(offset, key, { id, type: 'Received', v: 2, data: { amount } });

function optionsFor(to: number, change: Partial<PartitionFoldOptions> = {}): PartitionFoldOptions {
  return {
    contract: contractWith(),
    partition: 0,
    partitionCount: 1,
    range: { from: 0, to },
    decode,
    keys: null,
    subjects: null,
    startSha256,
    resume: null,
    ...change,
  };
}

function foldAll(records: readonly HistoryRecord[], change: Partial<PartitionFoldOptions> = {}) {
  const to = (records.at(-1)?.offset ?? -1) + 1;
  const fold = new PartitionFold(optionsFor(to, change));
  fold.accept({ partition: 0, records, absences: [], next: to });
  return { fold, result: fold.checkpoint(true) };
}

/** Records of every fate: applied, redelivered, conflicting, ignored, unknown, malformed, keyless, tombstones. */
const anyRecord = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('receipt'), fc.nat(40), fc.nat(5), fc.nat(9)) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom('note', 'odd', 'v9', 'bad', 'junk', 'keyless', 'tombstone', 'no-id', 'old'),
      fc.nat(40),
      fc.nat(5),
      fc.nat(9),
    ),
  },
);
const keyName = (key: number) => (key === 4 ? 'kö' : `k${key}`);
function build(
  [kind, id, key, amount]: readonly [string, number, number, number],
  offset: number,
): HistoryRecord {
  const of = { id: `e${id}`, type: 'Received', v: 2, data: { amount } };
  const at = (value: unknown) => message(offset, keyName(key), value);
  switch (kind) {
    case 'note':
      return at({ ...of, type: 'Noted' });
    case 'odd':
      return at({ ...of, type: 'Odd' });
    case 'v9':
      return at({ ...of, v: 9 });
    case 'bad':
      return at({ ...of, data: { amount: 'many' } });
    case 'junk':
      return at('{"id":');
    case 'keyless':
      return message(offset, null, of);
    case 'tombstone':
      return at(null);
    case 'no-id':
      return at({ ...of, id: undefined });
    case 'old':
      return at({ ...of, v: 1, data: { quantity: amount } });
    default:
      return at(of);
  }
}
/** A history with gaps that are explained, so that some offsets deliver nothing. */
const anyHistory = fc
  .array(fc.tuple(anyRecord, fc.constantFrom(0, 0, 0, 1, 3)), { maxLength: 60 })
  .map((list) => {
    const records: HistoryRecord[] = [];
    const absences: Absence[] = [];
    let offset = 4090;
    for (const [spec, gap] of list) {
      if (gap > 0)
        absences.push({ from: offset, to: offset + gap, cause: gap === 1 ? 'control' : 'aborted' });
      offset += gap;
      records.push(build(spec, offset++));
    }
    return { from: 4090, to: offset, records, absences };
  });
type AnyHistory = { from: number; to: number; records: HistoryRecord[]; absences: Absence[] };

function slice(history: AnyHistory, from: number, to: number): RecordBatch {
  return {
    partition: 0,
    records: history.records.filter((r) => r.offset >= from && r.offset < to),
    absences: history.absences.filter((a) => a.to > from && a.from < to),
    next: to,
  };
}

const anyCuts = fc.array(fc.record({ at: fc.nat(120), stop: fc.boolean() }), { maxLength: 6 });

/** Folds with the given cuts; at those that are stops, only what was checkpointed lives on. */
function foldInPieces(
  history: AnyHistory,
  cuts: readonly { at: number; stop: boolean }[],
  contract = contractWith(),
) {
  const { from, to } = history;
  const options = optionsFor(to, { contract, range: { from, to } });
  const stored = {
    shadow: new Map<string, FoldCheckpoint['shadow'][number]>(),
    seen: [] as Uint8Array[],
    findings: new Map<string, number>(),
  };
  let fold = new PartitionFold(options);
  let read = from;
  let last: FoldCheckpoint | null = null;
  const commit = (final: boolean) => {
    last = fold.checkpoint(final);
    for (const row of last.shadow) stored.shadow.set(row.key, row);
    stored.seen.push(last.seen);
    for (const [kind, count] of last.findingCounts)
      stored.findings.set(kind, (stored.findings.get(kind) ?? 0) + count);
    return last;
  };
  for (const { at, stop } of cuts.toSorted((a, b) => a.at - b.at)) {
    const until = Math.min(from + at, to);
    if (until > read) fold.accept(slice(history, read, until));
    read = Math.max(read, until);
    const committed = commit(false);
    if (!stop) continue;
    fold = new PartitionFold({
      ...options,
      resume: {
        cursor: committed.cursor,
        counters: committed.counters,
        seen: stored.seen,
        shadow: stored.shadow.values(),
        blockDigests: committed.blockDigests,
      },
    });
    read = Number(fold.readFrom);
  }
  if (to > read) fold.accept(slice(history, read, to));
  const end = commit(true);
  return {
    counters: end.counters,
    states: Object.fromEntries(
      [...stored.shadow]
        .sort()
        .map(([key, row]) => [
          key,
          { ...row, lastOffset: Number(row.lastOffset), events: Number(row.events) },
        ]),
    ),
    findings: Object.fromEntries([...stored.findings].sort()),
    digest: historyDigest(startSha256, [{ partition: 0, from, to, blockDigests: end.blockDigests }]),
    done: end.done,
  };
}

describe('the fold of a partition', () => {
  test('makes each delivered record exactly one of applied, duplicate, filtered and quarantined', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const { counters } = foldInPieces(history, []);
        expect(eventsProcessed(counters)).toBe(history.records.length);
        const absent = history.absences.reduce((sum, a) => sum + a.to - a.from, 0);
        expect(counters.absentControl + counters.absentAborted).toBe(absent);
        expect(counters.absentMissing).toBe(0);
      }),
    );
  });

  test('gives the same states, counts, findings and digest wherever it is interrupted and however batches are cut', () => {
    fc.assert(
      fc.property(anyHistory, anyCuts, (history, cuts) => {
        expect(foldInPieces(history, cuts)).toEqual(foldInPieces(history, []));
      }),
    );
  });

  test('gives the same for records that lie in memory which they share', () => {
    fc.assert(
      fc.property(anyHistory, anyCuts, (history, cuts) => {
        const shared = { ...history, records: laidOut(history.records) };
        expect(foldInPieces(shared, cuts)).toEqual(foldInPieces(history, []));
      }),
    );
  });

  describe('of a projection that goes by the order in which names were put into the state', () => {
    type Lots = { readonly lots: Record<string, number>; readonly taken: readonly string[] };
    /** An amount is put in as a lot of its own; some take from the oldest one then, and some are refused. */
    const oldestFirst: EngineContract = {
      ...contractWith(),
      projection: {
        initial: (): Lots => ({ lots: {}, taken: [] }),
        apply: (state, e) => {
          const { lots, taken } = state as Lots;
          const { amount } = e.data as { amount: number };
          lots[`${'zmau'[amount % 4]}${e.id}`] = amount;
          if (amount > 7) throw new Error('refused');
          const [oldest] = Object.keys(lots);
          if (amount < 5 || oldest === undefined) return state;
          delete lots[oldest];
          return { lots, taken: [...taken, oldest] };
        },
      },
    };
    const anyLots = fc
      .array(fc.tuple(fc.nat(1), fc.nat(9)), { minLength: 8, maxLength: 40, size: 'max' })
      .map((specs) => ({
        from: 0,
        to: specs.length,
        records: specs.map(([key, amount], at) => receipt(at, `k${key}`, `e${at}`, amount)),
        absences: [],
      }));
    const anyStops = fc
      .array(fc.nat(40), { minLength: 1, maxLength: 6 })
      .map((all) => all.map((at) => ({ at, stop: true })));

    test('gives the same wherever it is interrupted', () => {
      fc.assert(
        fc.property(anyLots, anyStops, (history, stops) => {
          const whole = foldInPieces(history, [], oldestFirst);
          expect(foldInPieces(history, stops, oldestFirst)).toEqual(whole);
          expect(whole.findings).not.toHaveProperty('not-deterministic');
        }),
      );
    });

    test('goes on from a base as if it had not ended there', () => {
      fc.assert(
        fc.property(anyLots, fc.nat(40), (history, after) => {
          const { from, to } = history;
          const middle = Math.min(after, to);
          const fold = (begin: number, end: number, base: PartitionFoldOptions['base'] = null) => {
            const range = { from: begin, to: end };
            const folded = new PartitionFold(optionsFor(end, { contract: oldestFirst, range, base }));
            folded.accept(slice(history, begin, end));
            const { shadow, seen } = folded.checkpoint(true);
            const states = [...folded.keys()].sort().map((key) => JSON.stringify(folded.stateOf(key)));
            return { base: { shadow, seen: [seen] }, states };
          };
          expect(fold(middle, to, fold(from, middle).base).states).toEqual(fold(from, to).states);
        }),
      );
    });

    test('takes up a state whose names were stored in order', () => {
      const shadow = [{ key: 'k', state: '{"lots":{"a":1,"z":2},"taken":[]}', lastOffset: 1, events: 2 }];
      const { fold } = foldAll([receipt(2, 'k', 'e', 7)], {
        contract: oldestFirst,
        range: { from: 2, to: 3 },
        base: { shadow, seen: [] },
      });
      expect(fold.stateOf('k')).toEqual({ lots: { z: 2, ue: 7 }, taken: ['a'] });
    });
  });

  test('equals a plain fold over the first deliveries', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constant('receipt'), fc.nat(30), fc.nat(5), fc.nat(9)), { maxLength: 60 }),
        (specs) => {
          const seen = new Set<number>();
          const totals: Record<string, number> = {};
          for (const [, id, key, amount] of specs) {
            if (seen.has(id)) continue;
            seen.add(id);
            totals[keyName(key)] = (totals[keyName(key)] ?? 0) + amount;
          }
          const { fold } = foldAll(specs.map(build));
          expect(
            Object.fromEntries([...fold.keys()].map((key) => [key, (fold.stateOf(key) as Total).total])),
          ).toEqual(totals);
        },
      ),
    );
  });

  test('reads a batch that is delivered again only once', () => {
    const fold = new PartitionFold(optionsFor(2));
    const batch = {
      partition: 0,
      records: [receipt(0, 'k', 'a', 1), receipt(1, 'k', 'b', 1)],
      absences: [],
      next: 2,
    };
    fold.accept(batch);
    fold.accept(batch);
    expect(fold.checkpoint(true).counters).toMatchObject({ applied: 2, duplicates: 0 });
  });

  test('does not count a redelivery with other content as the same, and says where the first one stands', () => {
    const { result } = foldAll([receipt(0, 'k', 'a', 1), receipt(1, 'k', 'a', 1), receipt(2, 'k', 'a', 2)]);
    expect(result.counters).toMatchObject({ applied: 1, duplicates: 2, conflictingDuplicates: 1 });
    expect(result.findings.map((f) => [f.kind, f.offset, f.eventId])).toEqual([
      ['duplicate', '1', 'a'],
      ['conflicting-duplicate', '2', 'a'],
    ]);
    expect(result.findings[1]?.detail).toContain('offset 0');
  });

  test.each([
    ['of the record', fromKey(), (key: string) => ({ key })],
    ['in a header', fromHeader('sku'), (sku: string) => ({ header: sku })],
    ['in the value', fromValue('sku'), (sku: string) => ({ sku })],
  ])('takes a redelivery under another ordering key, one %s, for other content', (_, key, place) => {
    const contract = contractWith({ ordering: { key, partitioner: 'none', sequence: null } });
    const delivery = (offset: number, of: string): HistoryRecord => {
      const { key = 'any', header, sku }: { key?: string; header?: string; sku?: string } = place(of);
      const value = { id: 'a', type: 'Received', v: 2, data: { amount: 1 }, sku };
      return { ...message(offset, key, value), headers: header === undefined ? {} : { sku: utf8(header) } };
    };
    const { fold, result } = foldAll([delivery(0, 'k'), delivery(1, 'k'), delivery(2, 'other')], {
      contract,
    });
    expect(result.counters).toMatchObject({ applied: 1, duplicates: 2, conflictingDuplicates: 1 });
    expect(result.findings.map((f) => [f.kind, f.offset, f.key])).toEqual([
      ['duplicate', '1', 'k'],
      ['conflicting-duplicate', '2', 'other'],
    ]);
    expect([...fold.keys()]).toEqual(['k']);
  });

  test('takes no two tombstones for one that stand at the same offset of two partitions and have no id', () => {
    const contract = contractWith({
      history: kafkaHistory({ topic: 'stock', tombstones: { asEvent: 'Removed' } }),
      events: { Removed: event(1, z.null()) },
      projection: { initial: () => ({ total: 0, last: '' }), apply: (state: Total) => state },
    } as unknown as Parameters<typeof contractWith>[0]);
    const tables = [0, 1].map((partition) => {
      const { result } = foldAll([message(0, `k${partition}`, null)], { contract, partition });
      const table = new SeenTable();
      table.load(result.seen);
      return { partition, table };
    });
    expect(tables.map(({ table }) => table.size)).toEqual([1, 1]);
    expect(findShared(tables)).toEqual([]);
  });

  test('takes a redelivered tombstone under another ordering key for other content', () => {
    const contract = contractWith({
      history: kafkaHistory({ topic: 'stock', tombstones: { asEvent: 'Removed' } }),
      envelope: {
        id: fromHeader('id'),
        type: fromValue('type'),
        version: fromValue('v'),
        data: fromValue('data'),
        occurredAt: null,
      },
      events: { Removed: event(1, z.null()) },
      projection: { initial: () => ({ total: 0, last: '' }), apply: (state: Total) => state },
    } as unknown as Parameters<typeof contractWith>[0]);
    const tombstone = (offset: number, key: string) => ({
      ...message(offset, key, null),
      headers: { id: utf8('a') },
    });
    const { result } = foldAll([tombstone(0, 'k'), tombstone(1, 'k'), tombstone(2, 'other')], { contract });
    expect(result.counters).toMatchObject({ applied: 1, duplicates: 2, conflictingDuplicates: 1 });
  });

  test('does not remember the id of a record that was quarantined', () => {
    let calls = 0;
    const contract = contractWith({
      projection: {
        initial: () => ({ total: 0, last: '' }),
        apply: (state, e) => {
          calls += 1;
          if (e.data.amount > 5) throw new Error('too many');
          return { total: state.total + e.data.amount, last: e.id };
        },
      },
    });
    const { fold, result } = foldAll([receipt(0, 'k', 'a', 9), receipt(1, 'k', 'a', 3)], { contract });
    expect(result.counters).toMatchObject({ applied: 1, quarantined: 1, duplicates: 0 });
    expect(fold.stateOf('k')).toEqual({ total: 3, last: 'a' });
    expect(calls).toBeGreaterThan(0);
  });

  test('counts a hole that nothing explains as missing history, once and as one range', () => {
    const fold = new PartitionFold(optionsFor(10));
    fold.accept({ partition: 0, records: [receipt(0, 'k', 'a', 1)], absences: [], next: 3 });
    fold.accept({ partition: 0, records: [receipt(5, 'k', 'b', 1)], absences: [], next: 10 });
    const { counters, findings, findingCounts } = fold.checkpoint(true);
    expect(counters.absentMissing).toBe(8);
    expect(findingCounts.get('missing-history')).toBe(8);
    expect(findings.map((f) => [f.offset, f.to])).toEqual([
      ['1', '5'],
      ['6', '10'],
    ]);
  });

  describe('of an event table', () => {
    const table = { position: 'p', transactionId: 'x', key: 'k', occurredAt: 'at' };
    const history = { kind: 'postgres', connection: 'c', table: 't', ...table };
    const envelope = {
      id: fromColumn('id'),
      type: fromColumn('type'),
      version: fromColumn('v'),
      data: fromColumn('data'),
      occurredAt: fromColumn('at'),
    };
    /** A row as its JSON: every one has a position, a transaction id and a time of its own. */
    const row = (offset: number, change: object = {}) =>
      message(offset, 'k', {
        ...{ p: offset, x: `${700 + offset}`, k: 'k', at: `2026-01-01T00:00:0${offset}Z` },
        ...{ id: 'a', type: 'Received', v: 2, data: { amount: 1 }, written_by: `host-${offset}` },
        ...change,
      });

    test.each([
      ['the same event', {}, 0],
      ['other data', { data: { amount: 2 } }, 1],
      ['another version', { v: 1, data: { quantity: 1 } }, 1],
    ])('a second row with %s and the same id conflicts where the event differs', (_, change, conflicting) => {
      const contract = { ...contractWith(), history, envelope } as EngineContract;
      const { result } = foldAll([row(0), row(1, change)], { contract });
      expect(result.counters).toMatchObject({ applied: 1, conflictingDuplicates: conflicting });
    });

    test('a second row conflicts where its ordering key is another one', () => {
      const contract = {
        ...contractWith({ ordering: { key: fromColumn('sku'), partitioner: 'single', sequence: null } }),
        ...{ history, envelope },
      } as EngineContract;
      const { result } = foldAll([row(0, { sku: 'm' }), row(1, { sku: 'm' }), row(2, { sku: 'n' })], {
        contract,
      });
      expect(result.counters).toMatchObject({ applied: 1, duplicates: 2, conflictingDuplicates: 1 });
    });

    test('a second row whose event is the whole row differs by its own columns, not by its place', () => {
      const data = fromValue('');
      const contract = {
        ...contractWith({ events: { Received: event(2, z.any()) } } as never),
        ...{ history, envelope: { ...envelope, data } },
      } as EngineContract;
      const same = { written_by: 'host', amount: 1 };
      const { result } = foldAll([row(0, same), row(1, same), row(2, { ...same, v: 2, note: 'x' })], {
        contract,
      });
      expect(result.counters).toMatchObject({ duplicates: 2, conflictingDuplicates: 1 });
    });

    test('a second row is the same before and after its subject was forgotten', () => {
      const subjectsKnown = (known: boolean) => ({
        keyOf: () => (known ? new Uint8Array([1]) : null),
        decrypt: () => 'Ann',
      });
      const contract = {
        ...contractWith({
          erasure: {
            subject: fromColumn('who'),
            fields: ['name'],
            keys: { connection: 'c', table: 't', subject: 's', key: 'k' },
          },
          events: { Received: event(2, z.object({ amount: z.number(), name: z.string().nullable() })) },
        } as never),
        ...{ history, envelope },
      } as EngineContract;
      const sealed = { who: 'ann', data: { amount: 1, name: 'sealed' } };
      const first = foldAll([row(0, sealed)], { contract, subjects: subjectsKnown(true) }).result;
      const fold = new PartitionFold(
        optionsFor(2, {
          contract,
          subjects: subjectsKnown(false),
          range: { from: 1, to: 2 },
          base: { seen: [first.seen], shadow: first.shadow },
        }),
      );
      fold.accept({ partition: 0, records: [row(1, sealed)], absences: [], next: 2 });
      expect(fold.checkpoint(true).counters).toMatchObject({ duplicates: 1, conflictingDuplicates: 0 });
    });
  });

  test('takes gaps between the positions of an event table as what they are: no history', () => {
    const contract = {
      ...contractWith(),
      history: {
        kind: 'postgres',
        connection: 'c',
        table: 't',
        position: 'p',
        transactionId: 'x',
        key: 'k',
        occurredAt: null,
      },
    } as EngineContract;
    const { result } = foldAll([receipt(3, 'k', 'a', 1), receipt(9, 'k', 'b', 1)], { contract });
    expect(result.counters).toMatchObject({ applied: 2, absentMissing: 0 });
  });

  test('refuses to end before the range is delivered', () => {
    const fold = new PartitionFold(optionsFor(10));
    fold.accept({ partition: 0, records: [receipt(0, 'k', 'a', 1)], absences: [], next: 1 });
    expect(() => fold.checkpoint(true)).toThrow(/delivered up to offset 1, and the plan goes to 10/);
  });

  test('reads an older version through its upcasters', () => {
    const { fold } = foldAll([message(0, 'k', { id: 'a', type: 'Received', v: 1, data: { quantity: 4 } })]);
    expect(fold.stateOf('k')).toEqual({ total: 4, last: 'a' });
  });

  describe('gives an event the time that its record names', () => {
    const given = (occurredAt: 'header' | 'value', record: HistoryRecord) => {
      const { fold } = foldAll([record], {
        contract: contractWith({
          envelope: {
            id: fromValue('id'),
            type: fromValue('type'),
            version: fromValue('v'),
            data: fromValue('data'),
            occurredAt: occurredAt === 'header' ? fromHeader('at') : fromValue('at'),
          },
          projection: {
            initial: () => ({ total: 0, last: '' }),
            apply: (_: Total, e: unknown) => ({ total: 0, last: (e as { occurredAt: string }).occurredAt }),
          },
        }),
      });
      return (fold.stateOf('k') as Total).last;
    };
    const texts = [
      '2026-11-28T03:15:00.123Z',
      '20261128031500123',
      '1764300900123456789',
      '-99999999999999999',
    ];

    test.each(texts)('in a header as it is written: %s', (at) => {
      expect(given('header', { ...receipt(0, 'k', 'a', 1), headers: { at: utf8(at) } })).toBe(at);
    });

    test.each<[unknown, string | null]>([
      ...texts.map((at): [string, string] => [at, at]),
      [1_795_835_700_123, '2026-11-28T03:15:00.123Z'],
      [8.64e15 + 1, null],
      [true, null],
    ])('in its value, of which numbers are milliseconds: %j', (at, expected) => {
      const value = { id: 'a', type: 'Received', v: 2, data: { amount: 1 }, at };
      expect(given('value', message(0, 'k', value))).toBe(expected);
    });
  });

  test.each([
    ['undecodable', message(0, 'k', '{"secret":"1234')],
    ['unknown-type', message(0, 'k', { id: 'a', type: 'Odd', v: 1, data: {} })],
    ['unknown-type', message(0, 'k', { id: 'a', v: 1, data: {} })],
    ['unknown-version', message(0, 'k', { id: 'a', type: 'Received', v: 3, data: {} })],
    ['unknown-version', message(0, 'k', { id: 'a', type: 'Received', data: {} })],
    ['invalid-data', message(0, 'k', { id: 'a', type: 'Received', v: 2, data: { amount: '1234' } })],
    ['no-key', message(0, null, { id: 'a', type: 'Received', v: 2, data: { amount: 1 } })],
    ['no-key', { ...receipt(0, 'k', 'a', 1), key: new Uint8Array([0xff]) }],
    ['no-idempotency-key', message(0, 'k', { type: 'Received', v: 2, data: { amount: 1 } })],
  ])('sets a record aside as %s, and quotes no payload', (kind, record) => {
    const { result } = foldAll([record]);
    expect(result.counters).toMatchObject({ applied: 0, quarantined: 1 });
    expect(result.findings.map((f) => f.kind)).toEqual([kind]);
    expect(result.findings[0]?.detail).not.toContain('1234');
  });

  test('keeps a hundred findings of a kind in detail and counts them all, resumed or not', () => {
    const fold = new PartitionFold(
      optionsFor(250, {
        resume: {
          cursor: 0,
          counters: foldAll([]).result.counters,
          seen: [],
          shadow: [],
          blockDigests: new Uint8Array(0),
          findingCounts: new Map([['unknown-type', 60]]),
        },
      }),
    );
    const records = Array.from({ length: 250 }, (_, i) => message(i, 'k', { id: `${i}`, type: 'Odd' }));
    fold.accept({ partition: 0, records, absences: [], next: 250 });
    const { findings, findingCounts } = fold.checkpoint(true);
    expect(findings).toHaveLength(40);
    expect(findingCounts.get('unknown-type')).toBe(250);
  });
});

describe('scope and order', () => {
  test('a scope by keys filters the records of all other keys, before they are decoded', () => {
    const { fold, result } = foldAll(
      [receipt(0, 'a', '1', 1), message(1, 'b', 'junk'), receipt(2, 'a', '2', 1)],
      { keys: new Set(['a']) },
    );
    expect(result.counters).toMatchObject({ applied: 2, filtered: 1, quarantined: 0 });
    expect([...fold.keys()]).toEqual(['a']);
  });

  test('a key that its partitioner puts elsewhere is counted for every record and reported once', () => {
    const some = Array.from({ length: 20 }, (_, i) => `k${i}`);
    const right = some.find((key) => murmur2Partition(utf8(key), 3) === 0) ?? '';
    const wrong = some.find((key) => murmur2Partition(utf8(key), 3) !== 0) ?? '';
    const { result } = foldAll(
      [receipt(0, right, '1', 1), receipt(1, wrong, '2', 1), receipt(2, wrong, '3', 1)],
      { partitionCount: 3 },
    );
    expect(result.counters.misplaced).toBe(2);
    expect(result.findings.map((f) => [f.kind, f.key])).toEqual([['misplaced-key', wrong]]);
  });

  test('an event whose sequence number does not grow is applied and counted, also across a checkpoint', () => {
    const contract = contractWith({
      ordering: { key: fromKey(), partitioner: 'none', sequence: fromValue('n') },
    });
    const at = (offset: number, n: number | undefined) =>
      message(offset, 'k', { id: `${offset}`, type: 'Received', v: 2, data: { amount: 1 }, n });
    const fold = new PartitionFold(optionsFor(4, { contract }));
    fold.accept({ partition: 0, records: [at(0, 1), at(1, 5)], absences: [], next: 2 });
    const half = fold.checkpoint(false);
    const resumed = new PartitionFold(
      optionsFor(4, { contract, resume: { ...half, shadow: half.shadow, seen: [half.seen] } }),
    );
    resumed.accept({
      partition: 0,
      records: [at(0, 1), at(1, 5), at(2, 4), at(3, undefined)],
      absences: [],
      next: 4,
    });
    const end = resumed.checkpoint(true);
    expect(end.counters).toMatchObject({ applied: 4, outOfOrder: 2, duplicates: 0 });
    expect(end.findings.map((f) => [f.kind, f.offset])).toEqual([
      ['out-of-order', '2'],
      ['out-of-order', '3'],
    ]);
  });

  test('an event that touches several keys is applied to all of them or to none', () => {
    const contract = contractWith({
      projection: {
        route: (e) => [e.key, 'sum', e.key],
        initial: () => ({ total: 0, last: '' }),
        apply: (state, e) => {
          if (e.key === 'sum' && e.data.amount === 7) throw new Error('no sevens');
          return { total: state.total + e.data.amount, last: e.id };
        },
      },
    });
    const { fold, result } = foldAll(
      [receipt(0, 'a', '1', 2), receipt(1, 'b', '2', 3), receipt(2, 'a', '3', 7)],
      { contract },
    );
    expect(result.counters).toMatchObject({ applied: 2, quarantined: 1 });
    expect(['a', 'b', 'sum'].map((key) => (fold.stateOf(key) as Total).total)).toEqual([2, 3, 5]);
  });

  test('a tombstone is filtered, or an event where the contract says so', () => {
    const records = [receipt(0, 'k', 'a', 1), message(1, 'k', null)];
    expect(foldAll(records).result.counters).toMatchObject({ applied: 1, filtered: 1 });
    const contract = contractWith({
      history: kafkaHistory({ topic: 'stock', tombstones: { asEvent: 'Gone' } }),
      events: { Received: received, Gone: event(1, z.null()) },
      projection: {
        initial: () => ({ total: 0, last: '' }),
        apply: (state, e) =>
          e.type === 'Gone' ? { total: 0, last: 'gone' } : { total: state.total + e.data.amount, last: e.id },
      },
    });
    const { fold, result } = foldAll(records, { contract });
    expect(result.counters).toMatchObject({ applied: 2, filtered: 0 });
    expect(fold.stateOf('k')).toEqual({ total: 0, last: 'gone' });
  });

  test('a base gives states and ids, and its keys are written only when touched', () => {
    const first = foldAll([receipt(0, 'a', '1', 2), receipt(1, 'b', '2', 3)]).result;
    const fold = new PartitionFold(
      optionsFor(4, { range: { from: 2, to: 4 }, base: { seen: [first.seen], shadow: first.shadow } }),
    );
    fold.accept({
      partition: 0,
      records: [receipt(2, 'a', '1', 2), receipt(3, 'a', '3', 4)],
      absences: [],
      next: 4,
    });
    const { counters, shadow } = fold.checkpoint(true);
    expect(counters).toMatchObject({ applied: 1, duplicates: 1 });
    expect(shadow).toEqual([
      { key: 'a', state: JSON.stringify({ total: 6, last: '3' }), lastOffset: 3n, events: 2n },
    ]);
    expect(fold.keyCount).toBe(2);
  });
});

describe('a projection that is not what it should be', () => {
  const applying = (apply: (state: Total, e: { id: string; data: { amount: number } }) => unknown) =>
    contractWith({ projection: { initial: () => ({ total: 0, last: '' }), apply: apply as never } });

  test('calling what is out of reach ends the replay, naming the event type and the offset', () => {
    const contract = applying(() => {
      throw Object.assign(new Error('Date.now() is out of reach'), { name: 'ImpureCall' });
    });
    expect(() => foldAll([receipt(0, 'k', 'a', 1)], { contract })).toThrow(
      expect.objectContaining({
        code: 'projection-impure',
        message: expect.stringMatching(/Received at offset 0 .*Date\.now/),
      }),
    );
  });

  test.each([
    ['undefined', () => undefined, /undefined/],
    ['NaN', () => ({ total: Number.NaN }), /NaN at total/],
    ['a function', () => ({ total: () => 1 }), /a function at total/],
    ['a Map', () => ({ deep: { all: new Map() } }), /a Map at deep\.all/],
    ['a Date', () => ({ list: [1, new Date(0)] }), /a Date at list\[1\]/],
    ['a bigint', () => ({ total: 1n }), /a bigint at total/],
    ['an undefined property', () => ({ total: undefined }), /undefined at total/],
    ['a lone surrogate', () => ({ last: '\ud800' }), /well-formed Unicode at last/],
  ])('a state that holds %s is refused by name', (_, apply, sentence) => {
    const { result } = foldAll([receipt(0, 'k', 'a', 1)], { contract: applying(apply) });
    expect(result.counters).toMatchObject({ applied: 0, quarantined: 1 });
    expect(result.findings[0]).toMatchObject({
      kind: 'projection-failed',
      detail: expect.stringMatching(sentence),
    });
  });

  test.each([
    ['text that is no Unicode', '\ud800', /well-formed Unicode at total/],
    ['undefined', undefined, /undefined at total/],
    ['NaN', Number.NaN, /NaN at total/],
  ])('a state that is given %s in place is refused by name', (_, value, sentence) => {
    const contract = applying((state) => Object.assign(state, { total: value }));
    const { result } = foldAll([receipt(0, 'k', 'a', 1)], { contract });
    expect(result.findings[0]).toMatchObject({
      kind: 'projection-failed',
      detail: expect.stringMatching(sentence),
    });
  });

  describe('and that changes a part of the state in place', () => {
    type Nested = { total: number; last: string; list: unknown[] };
    /** What no event's check sees: below a part that is still the same object. */
    const nesting = (put: (amount: number) => unknown): EngineContract => ({
      ...contractWith(),
      projection: {
        initial: (): Nested => ({ total: 0, last: '', list: [0] }),
        apply: (state, e) => {
          const own = { ...(state as Nested) };
          own.list[0] = put((e.data as { amount: number }).amount);
          return own;
        },
      },
    });

    test.each([
      ['NaN', Number.NaN],
      ['undefined', undefined],
      ['a Map', new Map()],
      ['text that is not well-formed Unicode', '\ud800'],
    ])('to %s ends the replay, which names it, its event type and the offset', (what, value) => {
      const contract = nesting(() => value);
      expect(() => foldAll([receipt(0, 'k', 'a', 1), receipt(1, 'k', 'b', 1)], { contract })).toThrow(
        expect.objectContaining({
          code: 'projection-failed',
          message: expect.stringMatching(new RegExp(`${what}.* Received .*offset 1`)),
        }),
      );
    });

    test('comes to the same wherever it is interrupted, also where a later event mends it', () => {
      const every = 65_536;
      const contract = nesting((amount) => (amount === 9 ? Number.NaN : amount));
      const near = fc
        .tuple(fc.constantFrom(every, 2 * every), fc.integer({ min: -4, max: 4 }))
        .map(([border, by]) => border + by);
      const place = fc
        .uniqueArray(near, { minLength: 1, maxLength: 8 })
        .map((all) => all.sort((a, b) => a - b));
      const folded = (records: readonly HistoryRecord[], to: number, stops: readonly number[]) => {
        const from = records[0]?.offset ?? 0;
        const options = optionsFor(to, { contract, range: { from, to } });
        const part = (until: number) => ({
          partition: 0,
          records: records.filter(({ offset }) => offset < until),
          absences: [{ from, to, cause: 'control' as const }],
          next: until,
        });
        const shadow = new Map<string, FoldCheckpoint['shadow'][number]>();
        const seen: Uint8Array[] = [];
        let fold = new PartitionFold(options);
        try {
          for (const stop of stops) {
            if (stop <= from || stop >= to) continue;
            fold.accept(part(stop));
            if (!fold.writable) continue;
            const taken = fold.checkpoint(false);
            for (const row of taken.shadow) shadow.set(row.key, row);
            seen.push(taken.seen);
            fold = new PartitionFold({ ...options, resume: { ...taken, seen, shadow: shadow.values() } });
          }
          fold.accept(part(to));
          for (const row of fold.checkpoint(true).shadow) shadow.set(row.key, row);
          return [...shadow.values()].map(({ key, state }) => `${key} ${state}`).sort();
        } catch (error) {
          return String(error);
        }
      };
      fc.assert(
        fc.property(
          place,
          fc.array(fc.tuple(fc.nat(2), fc.constantFrom(1, 9)), { minLength: 8, maxLength: 8 }),
          place,
          (offsets, specs, stops) => {
            const records = offsets.map((offset, at) =>
              receipt(offset, `k${specs[at]?.[0]}`, `e${at}`, specs[at]?.[1] ?? 1),
            );
            const to = (offsets.at(-1) ?? 0) + 1;
            expect(folded(records, to, stops)).toEqual(folded(records, to, []));
          },
        ),
        { numRuns: 300 },
      );
    });
  });

  test('one that changes the state and then throws leaves the state unchanged all the same', () => {
    const contract = applying((state, e) => {
      state.total += e.data.amount;
      if (e.data.amount === 7) throw new Error('no sevens');
      return state;
    });
    const { fold, result } = foldAll(
      [receipt(0, 'k', 'a', 1), receipt(1, 'k', 'b', 7), receipt(2, 'k', 'c', 2)],
      { contract },
    );
    expect((fold.stateOf('k') as Total).total).toBe(3);
    expect(result.counters).toMatchObject({ applied: 2, quarantined: 1 });
    expect(result.findingCounts.get('not-deterministic')).toBeUndefined();
  });

  test('one that changes the state of one key and then throws for another leaves both unchanged', () => {
    const contract = contractWith({
      projection: {
        route: (e) => [e.key, 'sum'],
        initial: () => ({ total: 0, last: '' }),
        apply: (state, e) => {
          if (e.key === 'sum' && e.data.amount === 7) throw new Error('no sevens');
          state.total += e.data.amount;
          return state;
        },
      },
    });
    const { fold, result } = foldAll(
      [receipt(0, 'k', 'a', 1), receipt(1, 'k', 'b', 7), receipt(2, 'k', 'c', 2), receipt(3, 'l', 'd', 7)],
      { contract },
    );
    expect(['k', 'sum', 'l'].map((key) => (fold.stateOf(key) as Total | undefined)?.total)).toEqual([
      3,
      3,
      undefined,
    ]);
    expect(result.counters).toMatchObject({ applied: 2, quarantined: 2 });
    expect(result.findings.map((each) => each.kind)).toEqual(['projection-failed', 'projection-failed']);
  });

  const shared = { total: 0, last: '' };
  test.each([
    ['the same initial state', () => shared as never, (state: { total: number }) => state],
    [
      'an initial state of the same parts',
      () => ({ of: shared }) as never,
      (state: { of: Total }) => state.of,
    ],
  ])('one that gives every key %s is folded as if each had its own', (_, initial, part) => {
    const contract = contractWith({
      projection: {
        initial,
        apply: (state, e) => {
          part(state as never).total += e.data.amount;
          return state;
        },
      },
    });
    const records = [receipt(0, 'k', 'a', 1), receipt(1, 'l', 'b', 10), receipt(2, 'k', 'c', 2)];
    const { fold, result } = foldAll(records, { contract });
    expect(['k', 'l'].map((key) => part(fold.stateOf(key) as never).total)).toEqual([3, 10]);
    expect(shared.total).toBe(0);
    expect(result.findings).toEqual([]);
  });

  test('one that counts across keys is found by the second fold', () => {
    let calls = 0;
    const contract = applying((state) => ({ ...state, total: ++calls }));
    const { result } = foldAll([receipt(0, 'k', 'a', 1), receipt(1, 'l', 'b', 1)], { contract });
    expect(result.findingCounts.get('not-deterministic')).toBe(2);
    expect(result.findings[0]).toMatchObject({ kind: 'not-deterministic', eventType: 'Received', key: 'k' });
  });

  test.each([
    ['an event that F refuses comes between', 1],
    ['an event that F refuses comes first', 0],
  ])('one that counts across keys is found also where %s', (_, at) => {
    let calls = 0;
    const contract = applying((state, e) => {
      state.total += ++calls;
      if (e.data.amount === 7) throw new Error('no sevens');
      return state;
    });
    const amounts = [1, 1];
    amounts.splice(at, 0, 7);
    const records = amounts.slice(0, at + 1).map((amount, i) => receipt(i, 'k', `e${i}`, amount));
    const { result } = foldAll(records, { contract });
    expect(result.findingCounts.get('not-deterministic')).toBe(1);
    expect(result.findings.find((each) => each.kind === 'not-deterministic')).toMatchObject({
      key: 'k',
      offset: String(at),
    });
  });

  test('one that counts across keys is found also where it refuses the event for another key', () => {
    let calls = 0;
    const contract = contractWith({
      projection: {
        route: (e) => [e.key, 'sum'],
        initial: () => ({ total: 0, last: '' }),
        apply: (state, e) => {
          if (e.key === 'sum') throw new Error('no sums');
          state.total += ++calls;
          return state;
        },
      },
    });
    const { result } = foldAll([receipt(0, 'k', 'a', 1)], { contract });
    expect(result.findingCounts.get('not-deterministic')).toBe(1);
  });

  test('one that refuses an event the first time alone is found', () => {
    let calls = 0;
    const contract = applying((state) => {
      calls += 1;
      if (calls === 1) throw new Error('not now');
      return state;
    });
    const { result } = foldAll([receipt(0, 'k', 'a', 1)], { contract });
    expect(result.findingCounts.get('not-deterministic')).toBe(1);
  });

  test.each([
    ['NaN', (state: Total) => void Object.assign(state, { total: Number.NaN })],
    ['itself', (state: Total) => void Object.assign(state, { self: state })],
    ['a function', (state: Total) => void Object.assign(state, { call: () => 1 })],
  ])(
    'an honest one that puts %s into the state and then refuses the event is not called indeterministic',
    (_, spoil) => {
      const contract = applying((state, e) => {
        if (e.data.amount === 7) spoil(state);
        if (e.data.amount === 7) throw new Error('no sevens');
        return { ...state, total: state.total + e.data.amount };
      });
      const { fold, result } = foldAll([receipt(0, 'k', 'a', 1), receipt(1, 'k', 'b', 7)], { contract });
      expect(fold.stateOf('k')).toMatchObject({ total: 1 });
      expect(result.findingCounts.get('not-deterministic')).toBeUndefined();
    },
  );

  test('one that changes the event it is given is found by the second fold', () => {
    const contract = applying((state, e) => {
      e.data.amount += 1;
      return { ...state, total: state.total + e.data.amount };
    });
    const { result } = foldAll([receipt(0, 'k', 'a', 1)], { contract });
    expect(result.findingCounts.get('not-deterministic')).toBe(1);
  });

  test('one that keeps the data of an event in the state and changes it there later is folded as if alone', () => {
    const contract = contractWith({
      projection: {
        initial: () => ({ lines: [] }) as never,
        apply: (state, e) => {
          const { lines } = state as unknown as { lines: { amount: number }[] };
          const [first] = lines;
          if (first === undefined) lines.push(e.data);
          else first.amount += e.data.amount;
          return state;
        },
      },
    });
    const records = [receipt(0, 'k', 'a', 10), receipt(1, 'k', 'b', 1), receipt(2, 'k', 'c', 1)];
    const { fold, result } = foldAll(records, { contract });
    expect(fold.stateOf('k')).toEqual({ lines: [{ amount: 12 }] });
    expect(result.findings).toEqual([]);
  });

  test('an honest one is never called indeterministic, whatever it folds', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        expect(foldInPieces(history, []).findings).not.toHaveProperty('not-deterministic');
      }),
    );
  });
});

describe('a contract that answers with promises', () => {
  type Projection = EngineContract['projection'];
  const plain = contractWith().projection;
  const rejecting = () => Promise.reject(new Error('nobody waits for this'));
  const folded = (change: Partial<Projection>) =>
    foldAll([receipt(0, 'A', 'e1', 1), receipt(1, 'B', 'e2', 2)], {
      contract: { ...contractWith(), projection: { ...plain, ...change } },
    }).result;
  // A rejection that nobody handles would fail this file.
  const cases: readonly [string, Partial<Projection>][] = [
    ['a state that fails later', { apply: rejecting }],
    ['a state that comes later', { apply: async (state) => state }],
    ['an initial state', { initial: rejecting }],
    ['a list of keys', { route: rejecting as never }],
    [
      'a state that only looks like a promise',
      { apply: () => Object.fromEntries([['then', () => undefined]]) },
    ],
  ];
  test.each(cases)('every event is set aside and counted for %s', (_, change) => {
    const { counters, findings } = folded(change);
    expect(counters).toMatchObject({ applied: 0, quarantined: 2 });
    expect(findings.map((each) => each.kind)).toEqual(['projection-failed', 'projection-failed']);
    expect(findings[0]?.detail).toMatch(/promise.*has to answer at once/);
    expect(findings[0]?.eventType).toBe('Received');
  });

  test('an upcaster that answers one is named with its version, even where the next schema takes anything', () => {
    const events = {
      Received: event(1, z.object({ quantity: z.number() })).next(2, z.any(), rejecting),
    } as unknown as EngineContract['events'];
    const old = message(0, 'A', { id: 'e1', type: 'Received', v: 1, data: { quantity: 3 } });
    const { counters, findings } = foldAll([old], { contract: { ...contractWith(), events } }).result;
    expect(counters).toMatchObject({ applied: 0, quarantined: 1 });
    expect(findings[0]).toMatchObject({ kind: 'upcast-failed', eventType: 'Received' });
    expect(findings[0]?.detail).toMatch(/upcaster from version 1 answered with a promise/);
  });

  test('a schema that checks later is named with its version', () => {
    const amount = z.number().superRefine(async () => undefined);
    const events = { Received: event(2, z.object({ amount })) } as unknown as EngineContract['events'];
    const { findings } = foldAll([receipt(0, 'A', 'e1', 1)], {
      contract: { ...contractWith(), events },
    }).result;
    expect(findings[0]).toMatchObject({ kind: 'invalid-data', eventType: 'Received' });
    expect(findings[0]?.detail).toMatch(/schema of version 2 .*has to answer at once/);
  });
});

describe('erased subjects', () => {
  const keys = new Map([['ann', new Uint8Array([1])]]);
  const subjects = {
    keyOf: (subject: string) => keys.get(subject) ?? null,
    decrypt: (_key: Uint8Array, sealed: string) => {
      if (sealed === 'damaged') throw new Error('not authentic');
      return sealed.split('').reverse().join('');
    },
  };
  const erasing = (apply: (state: Total, e: { data: { amount: number; name: string | null } }) => unknown) =>
    contractWith({
      erasure: {
        subject: fromValue('who'),
        fields: ['name'],
        keys: { connection: 'c', table: 't', subject: 's', key: 'k' },
      },
      events: { Received: event(2, z.object({ amount: z.number(), name: z.string().nullable() })) },
      projection: { initial: () => ({ total: 0, last: '' }), apply: apply as never },
    });
  const deposit = (offset: number, who: string, name: string) =>
    message(offset, 'k', { id: `${offset}`, type: 'Received', v: 2, who, data: { amount: 1, name } });

  test('are folded without what can no longer be read, and counted', () => {
    const contract = erasing((state, e) => ({ ...state, total: state.total + e.data.amount }));
    const { fold, result } = foldAll([deposit(0, 'ann', 'nna'), deposit(1, 'bob', 'bob')], {
      contract,
      subjects,
    });
    expect(result.counters).toMatchObject({ applied: 2, erased: 1, erasedReads: 0 });
    expect(fold.stateOf('k')).toEqual({ total: 2, last: '' });
    expect(result.findings.map((f) => f.kind)).toEqual(['erased-subject']);
  });

  test('make the state doubtful where F asks for what is gone, and only the first fold counts', () => {
    const contract = erasing((state, e) => ({ ...state, last: e.data.name ?? '?' }));
    const { fold, result } = foldAll([deposit(0, 'ann', 'nna'), deposit(1, 'bob', 'bob')], {
      contract,
      subjects,
    });
    expect(result.counters).toMatchObject({ erased: 1, erasedReads: 1 });
    expect(fold.stateOf('k')).toEqual({ total: 0, last: '?' });
  });

  test('are counted as an undisturbed fold counts them, however its checkpoints cut it', () => {
    type Kept = { total: number; last: { name: string | null } | null };
    const keeping = erasing((state, e) => {
      const { last, total } = state as unknown as Kept;
      // It asks for the field, keeps it unasked in every third state, and asks for what it kept.
      const asked = e.data.name === null || last?.name === null;
      return { total: total + (asked ? 1 : 2), last: total % 3 === 0 ? e.data : last };
    });
    const to = 600;
    const records = Array.from({ length: to }, (_, at) => deposit(at, at % 2 ? 'ann' : 'bob', 'x'));
    const foldCut = (cuts: readonly { at: number; stop: boolean }[]) => {
      const options = optionsFor(to, { contract: keeping, subjects });
      const shadow = new Map<string, FoldCheckpoint['shadow'][number]>();
      const seen: Uint8Array[] = [];
      let fold = new PartitionFold(options);
      for (const { at, stop } of cuts.toSorted((a, b) => a.at - b.at)) {
        fold.accept({ partition: 0, records: records.slice(0, at), absences: [], next: at });
        const taken = fold.checkpoint(false);
        for (const row of taken.shadow) shadow.set(row.key, row);
        seen.push(taken.seen);
        if (!stop) continue;
        const resume = { ...taken, seen, shadow: shadow.values() };
        fold = new PartitionFold({ ...options, resume });
      }
      fold.accept({ partition: 0, records, absences: [], next: to });
      return fold.checkpoint(true).counters;
    };
    const whole = foldCut([]);
    expect(whole.erasedReads).toBeGreaterThanOrEqual(300);
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.integer({ min: 1, max: to - 1 }), stop: fc.boolean() }), {
          maxLength: 4,
        }),
        (cuts) => {
          expect(foldCut(cuts)).toEqual(whole);
        },
      ),
    );
  });

  test('are not what a damaged ciphertext is: that is quarantined', () => {
    const contract = erasing((state) => state);
    const { result } = foldAll([deposit(0, 'ann', 'damaged')], { contract, subjects });
    expect(result.counters).toMatchObject({ quarantined: 1, erased: 0 });
    expect(result.findings[0]?.kind).toBe('undecodable');
  });
});

import { describe, expect, it } from 'vitest';
import { fromKey, fromValue, type Ordering } from '../contract/define.ts';
import { type HistoryRecord, javaHashPartition, murmur2Partition } from '../replay/index.ts';
import { partitionFor } from './placing.ts';

const counts = new Map([
  ['orders', 4],
  ['orders.retry', 4],
  ['orders.few', 3],
]);
const record = (key: string | null, from: string | null, partition = 2): HistoryRecord => ({
  offset: 7,
  timestampMs: 0,
  key: key === null ? null : Buffer.from(key),
  value: null,
  headers:
    from === null
      ? {}
      : { 'dlq.origin.topic': from, 'dlq.origin.partition': String(partition), 'dlq.origin.offset': '5' },
});
const place = (ordering: Partial<Ordering>, target: string, of: HistoryRecord, value?: unknown) =>
  partitionFor({ key: fromKey(), partitioner: 'none', sequence: null, ...ordering }, target, counts)(
    of,
    value,
    9,
  );
const key = 'key-0';

describe('the partition that a letter goes to', () => {
  it('is the one of the contract’s partitioner, whatever it came from', () => {
    expect(murmur2Partition(Buffer.from(key), 4)).not.toBe(javaHashPartition(key, 4));
    for (const target of ['orders', 'orders.retry', 'orders.few']) {
      const count = counts.get(target) ?? 0;
      const of = record(key, 'orders');
      expect(place({ partitioner: 'java-hash' }, target, of)).toBe(javaHashPartition(key, count));
      expect(place({ partitioner: 'murmur2' }, target, of)).toBe(murmur2Partition(Buffer.from(key), count));
    }
  });

  it('goes by the ordering key, be it in the value', () => {
    const ordering = { key: fromValue('order'), partitioner: 'java-hash' } as const;
    expect(place(ordering, 'orders', record(null, null), { order: key })).toBe(javaHashPartition(key, 4));
  });

  it.each<[string, Partial<Ordering>, string, HistoryRecord, number]>([
    ['it came from', {}, 'orders.retry', record(key, 'orders'), 2],
    ['it came from, of the target itself', {}, 'orders', record(key, 'orders', 3), 3],
    ['it came from, where it has no key', { partitioner: 'murmur2' }, 'orders', record(null, 'orders'), 2],
    ['of its key, where the topics differ', {}, 'orders.few', record(key, 'orders'), 0],
    ['of its key, where the topic is another', {}, 'orders', record(key, 'others'), 0],
    ['of its key, where the topic has no such partition', {}, 'orders', record(key, 'orders', 4), 0],
    ['of its turn, where nothing else is known', {}, 'orders', record(null, null), 1],
  ])('is otherwise the one %s', (_which, ordering, target, of, partition) => {
    const expected =
      _which.startsWith('of its key') && of.key !== null
        ? murmur2Partition(of.key, counts.get(target) ?? 0)
        : partition;
    expect(place(ordering, target, of)).toBe(expected);
  });
});

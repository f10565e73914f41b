import { describe, expect, it } from 'vitest';
import { topicState } from '../../../../domain/contract/define.ts';
import { murmur2Partition } from '../../../../domain/replay/index.ts';
import { TopicRows } from '../topic-rows.ts';
import { patternOf, placingOf } from './pattern.ts';

const state = topicState<unknown>({
  title: 'Shelf',
  topic: 'shelf',
  consumerGroup: 'projector',
  fields: { total: { path: 'total', expected: () => 0 } },
});

type Given = { readonly key: string; readonly value?: string; readonly type?: string };

function rowsOf(given: readonly Given[], partitions: number, partitionOf = murmur2Of(partitions)): TopicRows {
  const places = Array.from({ length: partitions }, (_, partition) => partition);
  const rows = TopicRows.from('id', new Map(places.map((partition) => [partition, 0n])));
  for (const partition of places) {
    const records = given
      .filter(({ key }) => partitionOf(key) === partition)
      .map(({ key, value = '{"total":1}', type }, offset) => ({
        offset,
        timestampMs: 0,
        key: Buffer.from(key),
        value: Buffer.from(value),
        headers: type === undefined ? null : { type: Buffer.from(type) },
      }));
    rows.take({ partition, records, absences: [], next: records.length });
  }
  return rows;
}
const murmur2Of = (partitions: number) => (key: string) => murmur2Partition(Buffer.from(key), partitions);
const keys = (count: number): Given[] => Array.from({ length: count }, (_, i) => ({ key: `K${i}` }));

describe('what the rows of a topic tell of a new one', () => {
  it('is where it goes only once there are enough of them', () => {
    expect(placingOf(rowsOf([], 3))).toEqual({ kind: 'too-few-rows' });
    expect(placingOf(rowsOf(keys(19), 2))).toEqual({ kind: 'too-few-rows' });
    expect(placingOf(rowsOf(keys(20), 2))).toEqual({ kind: 'murmur2', partitions: 2 });
    // Of more partitions fewer rows tell as much.
    expect(placingOf(rowsOf(keys(5), 16))).toEqual({ kind: 'murmur2', partitions: 16 });
    expect(placingOf(rowsOf([], 1))).toEqual({ kind: 'murmur2', partitions: 1 });
  });

  it('is not where it goes as soon as one stands elsewhere', () => {
    const elsewhere = (key: string) => (key === 'K7' ? 1 - murmur2Of(2)(key) : murmur2Of(2)(key));
    expect(placingOf(rowsOf(keys(40), 2, elsewhere))).toEqual({ kind: 'otherwise' });
  });

  it('is its headers only where there is a row, and all have the same', () => {
    const headers = (given: readonly Given[]) => patternOf(state, rowsOf(given, 1)).headers;
    expect(headers([])).toBeUndefined();
    expect(headers(keys(2))).toEqual([]);
    expect(headers([{ key: 'a', type: 'Row' }, { key: 'b' }])).toBeUndefined();
    expect(headers([{ key: 'a', type: 'Row' }])).toEqual([['type', Buffer.from('Row')]]);
  });

  it('is how figures stand in them', () => {
    const given = [
      { key: 'a', value: '{"total":"1.50"}' },
      { key: 'b', value: '{"total":null}' },
      { key: 'c', value: '{"total":"2.00"}' },
    ];
    expect(patternOf(state, rowsOf(given, 1)).forms).toEqual(
      new Map([['total', { kind: 'text', scale: 2 }]]),
    );
  });
});

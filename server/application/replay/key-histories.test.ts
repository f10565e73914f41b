import { describe, expect, it } from 'vitest';
import type { KeyEvent } from '../../domain/reconciliation/index.ts';
import { type Collected, KeyHistories } from './key-histories.ts';

const applied = (partition: number, offset: number, id: string, timestampMs: number): KeyEvent => ({
  partition,
  offset: String(offset),
  timestampMs,
  event: null,
  eventId: id,
  eventType: 'T',
  version: 1,
  earlierData: undefined,
  outcome: 'applied',
  duplicateOf: null,
  detail: null,
});

function histories(
  byKey: Record<string, readonly KeyEvent[]>,
  startOf: readonly (readonly [number, number])[] = [],
) {
  const collected = new Map(
    Object.entries(byKey).map(([key, events]): [string, Collected] => [
      key,
      { partitions: Map.groupBy(events, (each) => each.partition), count: events.length, overflow: false },
    ]),
  );
  return new KeyHistories(collected, new Map(startOf));
}
const outcomes = (found: ReturnType<KeyHistories['within']>, key: string) =>
  found.get(key)?.events.map((each) => `${each.eventId}@p${each.partition}:${each.outcome}`);

describe('the own history of a key', () => {
  it('goes by time between partitions, and by offset within one', () => {
    const all = histories({
      k: [applied(0, 1, 'a', 10), applied(0, 2, 'b', 5), applied(1, 0, 'c', 7), applied(1, 1, 'd', 10)],
    }).within();
    expect(all.get('k')?.events.map((each) => each.eventId)).toEqual(['c', 'a', 'b', 'd']);
  });

  it('holds an id once, where it was delivered first by time, under whatever key', () => {
    const all = histories({ k: [applied(0, 9, 'a', 20)], m: [applied(1, 1, 'a', 10)] }).within();
    expect(outcomes(all, 'k')).toEqual(['a@p0:duplicate']);
    expect(outcomes(all, 'm')).toEqual(['a@p1:applied']);
    expect(all.get('k')?.events[0]?.duplicateOf).toBe('p1:1');
  });

  it('holds it in the lower partition where the time is the same', () => {
    const all = histories({ k: [applied(0, 9, 'a', 10), applied(1, 1, 'a', 10)] }).within();
    expect(outcomes(all, 'k')).toEqual(['a@p0:applied', 'a@p1:duplicate']);
  });

  it('holds it where the base has folded it, whenever that was', () => {
    const all = histories({ k: [applied(0, 9, 'a', 10)], m: [applied(1, 1, 'a', 99)] }, [[1, 5]]).within();
    expect(outcomes(all, 'k')).toEqual(['a@p0:duplicate']);
    expect(outcomes(all, 'm')).toEqual(['a@p1:applied']);
  });

  it('knows no delivery that the position has not come to', () => {
    const found = histories({ k: [applied(0, 0, 'a', 10)], m: [applied(1, 1, 'a', 20)] });
    const seen = found.within((event) => event.partition === 1);
    expect(outcomes(seen, 'k')).toEqual([]);
    expect(outcomes(seen, 'm')).toEqual(['a@p1:applied']);
  });

  it('takes one event that touches two keys for one delivery', () => {
    const both = applied(0, 0, 'a', 10);
    const all = histories({ k: [both], m: [both] }).within();
    expect([outcomes(all, 'k'), outcomes(all, 'm')]).toEqual([['a@p0:applied'], ['a@p0:applied']]);
  });

  it('takes the word of those who have seen other keys for what is a redelivery', () => {
    const first = { partition: 3, offset: 7, timestampMs: 1, ofBase: false };
    const all = histories({ k: [applied(0, 9, 'a', 20)] }).within(undefined, new Map([['0:9', first]]));
    expect(all.get('k')?.events[0]).toMatchObject({ outcome: 'duplicate', duplicateOf: 'p3:7' });
  });
});

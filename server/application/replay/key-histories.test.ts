import { describe, expect, it } from 'vitest';
import { type Collected, type CollectedEvent, KeyHistories } from './key-histories.ts';
import { compareDeliveries, type Delivered, type Delivery } from './redeliveries.ts';

const applied = (partition: number, offset: number, id: string, timestampMs: number): CollectedEvent => ({
  partition,
  offset: String(offset),
  timestampMs,
  event: null,
  eventId: id,
  eventType: 'T',
  version: 1,
  earlierData: undefined,
  sequence: null,
  lost: null,
  outcome: 'applied',
  duplicateOf: null,
  detail: null,
});

const delivery = (partition: number, offset: number, timestampMs: number, ofBase = false): Delivery => ({
  partition,
  offset,
  timestampMs,
  ofBase,
  key: null,
  eventId: null,
  eventType: null,
});

const delivered = (...deliveries: readonly Delivery[]): Delivered => ({
  deliveries: deliveries.toSorted(compareDeliveries),
  sameContent: true,
});

function histories(byKey: Record<string, readonly CollectedEvent[]>, ...shared: readonly Delivered[]) {
  const collected = new Map(
    Object.entries(byKey).map(([key, events]): [string, Collected] => [
      key,
      { partitions: Map.groupBy(events, (each) => each.partition), count: events.length, overflow: false },
    ]),
  );
  return new KeyHistories(collected, shared);
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
    const all = histories(
      { k: [applied(0, 9, 'a', 20)], m: [applied(1, 1, 'a', 10)] },
      delivered(delivery(0, 9, 20), delivery(1, 1, 10)),
    ).within();
    expect(outcomes(all, 'k')).toEqual(['a@p0:duplicate']);
    expect(outcomes(all, 'm')).toEqual(['a@p1:applied']);
    expect(all.get('k')?.events[0]?.duplicateOf).toBe('p1:1');
  });

  it('holds it in the lower partition where the time is the same', () => {
    const all = histories(
      { k: [applied(0, 9, 'a', 10), applied(1, 1, 'a', 10)] },
      delivered(delivery(1, 1, 10), delivery(0, 9, 10)),
    ).within();
    expect(outcomes(all, 'k')).toEqual(['a@p0:applied', 'a@p1:duplicate']);
  });

  it('holds it where the base has folded it, whenever that was, and of two there where it was first', () => {
    const all = histories(
      { k: [applied(0, 9, 'a', 10)], m: [applied(1, 1, 'a', 99), applied(2, 1, 'a', 98)] },
      delivered(delivery(0, 9, 10), delivery(1, 1, 99, true), delivery(2, 1, 98, true)),
    ).within();
    expect(outcomes(all, 'k')).toEqual(['a@p0:duplicate']);
    expect(outcomes(all, 'm')).toEqual(['a@p2:applied', 'a@p1:duplicate']);
  });

  it('knows no delivery that the position has not come to', () => {
    const found = histories(
      { k: [applied(0, 0, 'a', 10)], m: [applied(1, 1, 'a', 20)] },
      delivered(delivery(0, 0, 10), delivery(1, 1, 20)),
    );
    const seen = found.within(({ partition }) => partition === 1);
    expect(outcomes(seen, 'k')).toEqual([]);
    expect(outcomes(seen, 'm')).toEqual(['a@p1:applied']);
  });

  it('takes one event that touches two keys for one delivery', () => {
    const both = applied(0, 0, 'a', 10);
    const all = histories({ k: [both], m: [both] }).within();
    expect([outcomes(all, 'k'), outcomes(all, 'm')]).toEqual([['a@p0:applied'], ['a@p0:applied']]);
  });

  it('calls a redelivery with other content a conflict, also where the first one is under a key that was not read', () => {
    const shared = { ...delivered(delivery(3, 7, 1), delivery(0, 9, 20)), sameContent: false };
    const all = histories({ k: [applied(0, 9, 'a', 20)] }, shared).within();
    expect(all.get('k')?.events[0]).toMatchObject({ outcome: 'conflicting-duplicate', duplicateOf: 'p3:7' });
  });
});

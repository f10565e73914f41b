import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Delivery } from './delivery-reader.ts';
import { foldDeliveries, type KnownId } from './fold-deliveries.ts';

const HOUR = 3_600_000;
const lookBack = 24 * HOUR;

const delivery = (id: string, atHours: number, offset: number, more: Partial<Delivery> = {}): Delivery => ({
  id,
  eventId: id,
  content: 1n,
  partition: 0,
  offset,
  atMs: atHours * HOUR,
  ...more,
});

/** What each delivery is, in turn, with the audit ended and begun anew after each of `cuts`. */
function kinds(deliveries: readonly Delivery[], cuts: readonly number[] = []): string[] {
  const known = new Map<string, KnownId>();
  const told = new Map<Delivery, string>();
  const borders = [
    ...new Set([0, ...cuts.map((cut) => cut % (deliveries.length + 1)), deliveries.length]),
  ].sort((a, b) => a - b);
  for (const [at, from] of borders.entries()) {
    const folded = foldDeliveries(deliveries.slice(from, borders[at + 1] ?? from), known, lookBack);
    for (const each of folded.added) expect(known.has(each.id)).toBe(false);
    for (const each of folded.changed) expect(known.has(each.id)).toBe(true);
    for (const each of [...folded.added, ...folded.changed]) known.set(each.id, each);
    for (const each of folded.duplicates) told.set(each.delivery, each.kind);
  }
  return deliveries.map((each) => told.get(each) ?? 'first');
}

describe('a delivery is', () => {
  it.each<[string, readonly Delivery[], readonly string[]]>([
    ['a first one where its id is new', [delivery('a', 0, 0), delivery('b', 0, 1)], ['first', 'first']],
    [
      'a redelivery where the content is the same',
      [delivery('a', 0, 0), delivery('a', 1, 1)],
      ['first', 'redelivered'],
    ],
    [
      'conflicting where it is not',
      [delivery('a', 0, 0), delivery('a', 1, 1, { content: 2n })],
      ['first', 'conflicting'],
    ],
    [
      'a redelivery in another partition too',
      [delivery('a', 0, 0), delivery('a', 0, 0, { partition: 3 })],
      ['first', 'redelivered'],
    ],
    [
      'a redelivery at the very edge of the look-back',
      [delivery('a', 0, 0), delivery('a', 24, 1)],
      ['first', 'redelivered'],
    ],
    [
      'a first one a millisecond beyond it',
      [delivery('a', 0, 0), delivery('a', 24, 1, { atMs: lookBack + 1 })],
      ['first', 'first'],
    ],
    [
      'held against the delivery before it, however long ago the first was',
      [delivery('a', 0, 0), delivery('a', 20, 1), delivery('a', 40, 2)],
      ['first', 'redelivered', 'redelivered'],
    ],
    [
      'a redelivery where a partition that is read later is older',
      [delivery('a', 30, 0), delivery('a', 10, 0, { partition: 1 })],
      ['first', 'redelivered'],
    ],
    [
      'held against the first content, and not against the conflicting one',
      [delivery('a', 0, 0), delivery('a', 0, 1, { content: 2n }), delivery('a', 0, 2, { content: 2n })],
      ['first', 'conflicting', 'conflicting'],
    ],
    [
      'no duplicate of itself, where it is read once more',
      [delivery('a', 0, 0), delivery('a', 0, 0)],
      ['first', 'first'],
    ],
  ])('%s', (_, deliveries, expected) => {
    expect(kinds(deliveries)).toEqual(expected);
    expect(kinds(deliveries, [1])).toEqual(expected);
  });
});

test('wherever the audit is ended and begun anew, each delivery is what it would be', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          id: fc.integer({ min: 0, max: 8 }),
          hours: fc.integer({ min: 0, max: 60 }),
          content: fc.bigInt({ min: 0n, max: 2n }),
          partition: fc.integer({ min: 0, max: 2 }),
        }),
        { maxLength: 60 },
      ),
      fc.array(fc.nat(60), { maxLength: 5 }),
      (drawn, cuts) => {
        const deliveries = drawn.map(({ id, hours, content, partition }, offset) =>
          delivery(String(id), hours, offset, { content, partition }),
        );
        expect(kinds(deliveries, cuts)).toEqual(kinds(deliveries));
      },
    ),
  );
});

test('within the look-back there are as many duplicates as there are deliveries more than ids', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 100 }), (ids) => {
      const deliveries = ids.map((id, offset) => delivery(String(id), (offset % 24) / 2, offset));
      const { duplicates, added } = foldDeliveries(deliveries, new Map(), lookBack);
      expect(duplicates).toHaveLength(ids.length - new Set(ids).size);
      expect(added).toHaveLength(new Set(ids).size);
    }),
  );
});

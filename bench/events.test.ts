import { expect, it } from 'vitest';
import { countDuplicates, eventAt, jsonOf } from './events.ts';

const places = Array.from({ length: 10_000 }, (_, place) => place);

it('a value is JSON of 160 bytes', () => {
  for (const place of places) {
    const text = jsonOf(eventAt(place, 500));
    expect(Buffer.byteLength(text)).toBe(160);
    expect(JSON.parse(text).data.amount).toBeGreaterThan(0);
  }
});

it('one event in a hundred is another one again, with its key and its bytes', () => {
  const first = new Map<string, string>();
  let again = 0;
  for (const place of places) {
    const event = eventAt(place, 500);
    const before = first.get(event.id);
    if (before === undefined) first.set(event.id, JSON.stringify(event));
    else {
      again += 1;
      expect(JSON.stringify(event)).toBe(before);
    }
  }
  expect(again).toBe(countDuplicates(places.length));
});

it('without a number of keys every original event has its own', () => {
  const keys = new Set(places.map((place) => eventAt(place, 0).key));
  expect(keys.size).toBe(places.length - countDuplicates(places.length));
});

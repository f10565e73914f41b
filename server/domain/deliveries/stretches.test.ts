import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { MinuteCounts, stretchesOf } from './stretches.ts';

const MINUTE = 60_000;

it('never spans the beginning of a month, in whatever time zone', () => {
  // 18:30 UTC is midnight in Kolkata, 18:15 in Kathmandu.
  const midnight = Date.UTC(2026, 10, 30, 18, 15);
  const stretches = stretchesOf([midnight - 1, midnight, midnight + 1], (at) => at);
  expect(stretches.map(({ from, to, items }) => [from.getTime(), to.getTime(), items.length])).toEqual([
    [midnight - 1, midnight, 1],
    [midnight, midnight + 2, 2],
  ]);
});

test('stretches hold each item once, in order, and do not overlap', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10 * 60 * MINUTE)), (times) => {
      const stretches = stretchesOf(times, (at) => at);
      expect(stretches.flatMap(({ items }) => items).sort()).toEqual([...times].sort());
      for (const [at, { from, to, items }] of stretches.entries()) {
        for (const item of items) expect(item >= from.getTime() && item < to.getTime()).toBe(true);
        const next = stretches[at + 1];
        if (next !== undefined) expect(next.from.getTime()).toBeGreaterThanOrEqual(to.getTime());
      }
    }),
  );
});

it('counts by the minute', () => {
  const counts = new MinuteCounts();
  counts.add(5 * MINUTE + 1, 'events');
  counts.add(5 * MINUTE + 59_999, 'events', 2);
  counts.add(6 * MINUTE, 'lost', -1);
  counts.add(7 * MINUTE, 'late', 0);
  expect(counts.rows()).toEqual([
    { minute: new Date(5 * MINUTE), counts: { events: 3 } },
    { minute: new Date(6 * MINUTE), counts: { lost: -1 } },
  ]);
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Places } from './places.ts';

const offsets = fc.array(fc.nat(60), { maxLength: 80 });
const placesOf = (all: readonly number[]) => {
  const places = new Places();
  for (const each of all) places.add(each);
  return places;
};
const listed = (places: Places) =>
  places.runs().flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at));
const sorted = (all: Iterable<number>) => [...new Set(all)].sort((a, b) => a - b);

it('hold what was added, whatever the order, and nothing else', () => {
  fc.assert(
    fc.property(offsets, offsets, (first, second) => {
      const places = placesOf(first);
      // Asked in between, as whoever reads on does.
      expect(listed(places)).toEqual(sorted(first));
      for (const each of second) places.add(each);
      const all = sorted([...first, ...second]);
      expect(listed(places)).toEqual(all);
      expect(places.size).toBe(all.length);
      for (let at = -1; at < 63; at++) expect(places.has(at)).toBe(all.includes(at));
    }),
  );
});

it('are few runs, which do not touch', () => {
  fc.assert(
    fc.property(offsets, (all) => {
      const runs = placesOf(all).runs();
      for (const [at, { from }] of runs.entries())
        if (at > 0) expect(from).toBeGreaterThan(runs[at - 1]?.to ?? 0);
    }),
  );
});

it('of several are those of each', () => {
  fc.assert(
    fc.property(fc.array(offsets, { maxLength: 4 }), (several) => {
      expect(listed(Places.union(several.map(placesOf)))).toEqual(sorted(several.flat()));
    }),
  );
});

it('of a long stretch that comes in another order are one run', () => {
  const places = new Places();
  for (let at = 0; at < 300_000; at++) places.add((at * 7_919) % 300_000);
  expect(places.runs()).toEqual([{ from: 0, to: 300_000 }]);
});

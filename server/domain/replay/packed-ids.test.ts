import { expect, test } from 'vitest';
import { keepPackedIds, seenEntryBytes } from './packed-ids.ts';
import { SeenTable } from './seen-table.ts';

test('packed ids that are split by their fingerprints lose none and keep their order', () => {
  const table = new SeenTable();
  for (let i = 0; i < 3000; i++) table.add(`e${i}`, null, null, i);
  const packed = table.takeNew();
  const parts = [0, 1, 2].map((pass) => keepPackedIds(packed, (word) => word(0) % 3 === pass));
  expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(3000 * seenEntryBytes);
  const offsets = parts.flatMap((part) => {
    const loaded = new SeenTable();
    loaded.load(part);
    const own = [...loaded].map((entry) => entry.offset);
    expect(own).toEqual(own.toSorted((a, b) => a - b));
    return own;
  });
  expect(new Set(offsets).size).toBe(3000);
});

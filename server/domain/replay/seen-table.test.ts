import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seenEntryBytes } from './packed-ids.ts';
import { findShared, SeenTable } from './seen-table.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const deliveries = fc.array(
  fc.record({
    id: fc.oneof(
      fc.integer({ min: 0, max: 30 }).map((n) => `evt-${n}`),
      fc.string({ unit: 'binary', maxLength: 40 }),
    ),
    key: fc.option(
      fc.oneof(
        fc.integer({ min: 0, max: 3 }).map((n) => `key-${n}`),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }),
      ),
    ),
    value: fc.option(fc.uint8Array({ maxLength: 40 }), { freq: 5 }),
  }),
  { maxLength: 200 },
);

const contentOf = (key: string | null, value: Uint8Array | null) =>
  JSON.stringify([key, value === null ? null : [...value]]);

/** What the table must do, with a Map of whole ids and contents. */
function naive() {
  const seen = new Map<string, { content: string; offset: number }>();
  return (id: string, key: string | null, value: Uint8Array | null, offset: number) => {
    const text = contentOf(key, value);
    const first = seen.get(id);
    if (first === undefined) {
      seen.set(id, { content: text, offset });
      return { outcome: 'new', offset };
    }
    return { outcome: first.content === text ? 'duplicate' : 'conflict', offset: first.offset };
  };
}

describe('the table of seen ids', () => {
  test('answers as a map of whole ids and contents would', () => {
    fc.assert(
      fc.property(deliveries, (list) => {
        const table = new SeenTable();
        const model = naive();
        list.forEach(({ id, key, value }, offset) => {
          const outcome = table.add(id, key, value, offset);
          expect({ outcome, offset: table.firstOffset }).toEqual(model(id, key, value, offset));
        });
      }),
    );
  });

  test('a table packed at any moments and loaded elsewhere goes on as the first would', () => {
    fc.assert(
      fc.property(deliveries, fc.array(fc.nat(200)), (list, takes) => {
        const undisturbed = new SeenTable();
        let resumed = new SeenTable();
        const stored: Uint8Array[] = [];
        list.forEach(({ id, key, value }, offset) => {
          expect(resumed.add(id, key, value, offset)).toBe(undisturbed.add(id, key, value, offset));
          if (!takes.includes(offset)) return;
          stored.push(resumed.takeNew());
          resumed = new SeenTable();
          for (const packed of stored) resumed.load(packed);
        });
        expect([...resumed]).toEqual([...undisturbed]);
      }),
    );
  });

  test('what was taken or loaded is not taken again', () => {
    const table = new SeenTable();
    table.add('a', null, null, 1);
    const first = table.takeNew();
    expect(first.length).toBe(seenEntryBytes);
    expect(table.takeNew().length).toBe(0);
    const other = new SeenTable();
    other.load(first);
    other.add('b', null, null, 2);
    expect(other.takeNew().length).toBe(seenEntryBytes);
  });

  test('of packed ids it leaves exactly those that it holds itself, whatever their contents and offsets', () => {
    fc.assert(
      fc.property(deliveries, deliveries, (list, wanted) => {
        const table = new SeenTable();
        const both = new SeenTable();
        const wantedTable = new SeenTable();
        for (const { id } of wanted) wantedTable.add(id, null, null, 0);
        for (const [offset, { id, key, value }] of list.entries()) {
          table.add(id, key, value, offset);
          if (wantedTable.has(id)) both.add(id, key, value, offset);
        }
        expect(wantedTable.among(table.takeNew())).toEqual(both.takeNew());
      }),
    );
  });

  test('offsets beyond 2^32 are kept exactly', () => {
    const table = new SeenTable();
    const offset = 2 ** 52 + 12_345;
    table.add('a', null, null, offset);
    const other = new SeenTable();
    other.load(table.takeNew());
    other.add('a', null, null, 7);
    expect(other.firstOffset).toBe(offset);
  });

  test('no content and empty content are different contents', () => {
    const table = new SeenTable();
    table.add('a', null, null, 0);
    expect(table.add('a', null, new Uint8Array(0), 1)).toBe('conflict');
    expect(table.add('a', null, null, 2)).toBe('duplicate');
  });

  test('the same value under another key is other content, with a value and without', () => {
    for (const value of [bytes('x'), null]) {
      const table = new SeenTable();
      table.add('a', 'k1', value, 0);
      expect(table.add('a', 'k2', value, 1)).toBe('conflict');
      expect(table.add('a', null, value, 2)).toBe('conflict');
      expect(table.add('a', 'k1', value, 3)).toBe('duplicate');
    }
  });

  test('keys that differ in one code unit, in length or in order have no fingerprint in common', () => {
    const keys = new Set(['', '\u0000', '\u0000\u0000']);
    for (let i = 0; i < 20_000; i++) for (const key of [`${i}`, `sku-${i}`, `${i}-sku`]) keys.add(key);
    for (const key of [...keys]) keys.add([...key].reverse().join(''));
    const table = new SeenTable();
    let offset = 0;
    for (const key of keys) table.add(`${offset}`, key, bytes('x'), offset++);
    const packed = table.takeNew();
    const fingerprints = new Set<string>();
    for (let at = 16; at < packed.length; at += seenEntryBytes)
      fingerprints.add(packed.subarray(at, at + 8).join());
    expect(fingerprints.size).toBe(keys.size);
  });

  test('bytes that are no whole number of entries are refused', () => {
    expect(() => new SeenTable().load(new Uint8Array(33))).toThrow(/multiple/);
  });

  test('what is taken across chunks is what was added, and loads as that', () => {
    const table = new SeenTable();
    const add = (from: number, to: number) => {
      for (let i = from; i < to; i++) table.add(`id-${i}`, null, bytes(`v${i}`), i);
      return table.takeNew();
    };
    const taken = [add(0, 4000), add(4000, 4200), add(4200, 13_000)];
    const loaded = new SeenTable();
    for (const packed of taken) loaded.load(packed);
    expect([...loaded]).toEqual([...table]);
    expect(loaded.size).toBe(13_000);
    expect(loaded.add('id-4096', null, bytes('v4096'), 20_000)).toBe('duplicate');
    expect(loaded.firstOffset).toBe(4096);
    expect(loaded.add('id-8192', null, bytes('other'), 20_001)).toBe('conflict');
  });

  test('an event costs at most 48 bytes at the worst load, just after growing', () => {
    const table = new SeenTable();
    let worst = 0;
    for (let i = 0; i < 230_000; i++) {
      table.add(`00000000-0000-4000-8000-${i}`, null, null, i);
      if (i > 20_000) worst = Math.max(worst, table.bytes / table.size);
    }
    expect(worst).toBeLessThanOrEqual(48);
    expect(table.size).toBe(230_000);
  });
});

describe('ids in several partitions', () => {
  test('are exactly those that two tables hold, with their offsets and whether the contents agree', () => {
    fc.assert(
      fc.property(fc.array(deliveries, { minLength: 1, maxLength: 4 }), (lists) => {
        const expected = new Map<string, { partition: number; offset: number; content: string }[]>();
        const tables = lists.map((list, at) => {
          const table = new SeenTable();
          const partition = at * 3;
          list.forEach(({ id, key, value }, offset) => {
            if (table.add(id, key, value, offset) !== 'new') return;
            const content = contentOf(key, value);
            expected.set(id, [...(expected.get(id) ?? []), { partition, offset, content }]);
          });
          return { partition, table };
        });
        const wanted = [...expected.values()]
          .filter((group) => group.length > 1)
          .map((group) => ({
            deliveries: group.map(({ partition, offset }) => ({ partition, offset })),
            sameContent: new Set(group.map((g) => g.content)).size === 1,
          }));
        const found = findShared(tables).map(({ deliveries, sameContent }) => ({ deliveries, sameContent }));
        const order = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
        expect(found.sort(order)).toEqual(wanted.sort(order));
      }),
    );
  });

  test('are found across chunks of large tables', () => {
    const a = new SeenTable();
    const b = new SeenTable();
    for (let i = 0; i < 10_000; i++) a.add(`a-${i}`, null, bytes('x'), i);
    for (let i = 0; i < 10_000; i++) b.add(i % 4096 === 7 ? `a-${i}` : `b-${i}`, null, bytes('x'), i);
    const shared = findShared([
      { partition: 0, table: a },
      { partition: 1, table: new SeenTable() },
      { partition: 2, table: b },
    ]);
    expect(shared.map((s) => s.deliveries)).toEqual(
      [7, 4103, 8199].map((offset) => [
        { partition: 0, offset },
        { partition: 2, offset },
      ]),
    );
  });
});

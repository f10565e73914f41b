import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stockContract } from '../test-kit/stock-contract.ts';
import { type FoundRange, findingsKept } from './finding-log.ts';
import { PartitionFold, type PartitionFoldOptions } from './partition-fold.ts';
import type { AbsenceCause } from './record.ts';

const startSha256 = () => {
  const hash = createHash('sha256');
  return { update: (data: Uint8Array) => void hash.update(data), digest: () => hash.digest() };
};

/** Offsets that deliver nothing, one stretch after the other; of what is missing the reader says nothing. */
type Stretch = { readonly cause: AbsenceCause; readonly length: number };
type Cut = { readonly at: number; readonly stop: boolean };
type Row = FoundRange & { readonly detail: string };

/** Folds with checkpoints at the cuts, and keeps rows as a store does: one for each kind and first offset. */
function rowsOf(stretches: readonly Stretch[], cuts: readonly Cut[]) {
  const absences: { from: number; to: number; cause: AbsenceCause }[] = [];
  let end = 0;
  for (const { cause, length } of stretches) {
    if (cause !== 'missing') absences.push({ from: end, to: end + length, cause });
    end += length;
  }
  const options: PartitionFoldOptions = {
    contract: stockContract,
    partition: 0,
    partitionCount: 1,
    range: { from: 0, to: end },
    decode: () => null,
    keys: null,
    subjects: null,
    startSha256,
    resume: null,
  };
  const rows = new Map<string, Row>();
  const counts = new Map<string, number>();
  let fold = new PartitionFold(options);
  const commit = (final: boolean) => {
    const taken = fold.checkpoint(final);
    for (const { kind, offset, to, detail } of taken.findings)
      rows.set(`${kind} ${offset}`, { kind, from: Number(offset), to: Number(to), detail });
    for (const [kind, count] of taken.findingCounts) counts.set(kind, (counts.get(kind) ?? 0) + count);
    return taken;
  };
  for (const { at, stop } of cuts.toSorted((a, b) => a.at - b.at)) {
    const next = Math.min(at, end);
    fold.accept({ partition: 0, records: [], absences, next });
    const taken = commit(false);
    if (!stop) continue;
    const findingCounts = new Map(counts) as typeof taken.findingCounts;
    const resume = { ...taken, seen: [], shadow: [], findingCounts, foundRanges: [...rows.values()] };
    fold = new PartitionFold({ ...options, resume });
  }
  fold.accept({ partition: 0, records: [], absences, next: end });
  commit(true);
  return { rows: [...rows.values()], counts: Object.fromEntries(counts) };
}

const gaps = (count: number, length: number): readonly Stretch[] =>
  Array.from({ length: count * 2 }, (_, at) =>
    at % 2 === 0 ? { cause: 'missing', length } : { cause: 'control', length: 1 },
  );

describe('ranges that are missing', () => {
  it('are each named, however long the first one is', () => {
    const long: Stretch = { cause: 'missing', length: 500 };
    const { rows, counts } = rowsOf([long, { cause: 'control', length: 1 }, ...gaps(3, 2)], []);
    expect(rows.map(({ from, to }) => [from, to])).toEqual([
      [0, 500],
      [501, 503],
      [504, 506],
      [507, 509],
    ]);
    expect(counts).toEqual({ 'missing-history': 506 });
  });

  it('are named up to a hundred, and all counted', () => {
    const { rows, counts } = rowsOf(gaps(150, 3), []);
    expect(rows).toHaveLength(findingsKept);
    expect(counts).toEqual({ 'missing-history': 450 });
  });

  it('give the same rows and counts wherever checkpoints cut them', () => {
    const stretch = fc.record({
      cause: fc.constantFrom<AbsenceCause>('missing', 'missing', 'compacted', 'control', 'aborted'),
      length: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(
        fc.array(stretch, { minLength: 1, maxLength: 500 }),
        fc.array(fc.record({ at: fc.nat(1500), stop: fc.boolean() }), { maxLength: 8 }),
        (stretches, cuts) => {
          expect(rowsOf(stretches, cuts)).toEqual(rowsOf(stretches, []));
        },
      ),
    );
  });
});

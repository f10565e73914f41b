import { expect, it } from 'vitest';
import type { PartitionProgress } from '../../../application/ports/page-reads.ts';
import { noCounts } from '../../../domain/replay/index.ts';
import { onlyNewest, rateOf } from './replay-pace.ts';

const folding = (
  worker: string,
  eventsPerSecond: number | null,
  {
    foldedMs = 0,
    updatedMs = 0,
    ...rest
  }: Partial<PartitionProgress & { foldedMs: number; updatedMs: number }> = {},
) => ({
  progress: {
    partition: 0,
    from: '100',
    to: '1100',
    cursor: '100',
    status: 'folding' as const,
    worker,
    leaseExpired: false,
    takenOver: 0,
    counters: noCounts,
    eventsPerSecond,
    secondsLeft: eventsPerSecond === null ? null : 1_000 / eventsPerSecond,
    ...rest,
  },
  foldedMs,
  updatedMs,
});
const folded = (foldedMs: number) =>
  folding('', null, { status: 'folded', worker: null, cursor: '1100', foldedMs });

it('is of each thread what it said last, and not of all the partitions that it had its turns with', () => {
  const partitions = [
    folding('a', 50, { updatedMs: 1 }),
    folding('a', 48, { updatedMs: 3 }),
    folding('a', 50, { updatedMs: 2 }),
    folding('a', null),
    folding('b', 25, { updatedMs: 1 }),
  ];
  expect(rateOf(partitions)).toBe(73);
  expect(
    onlyNewest(partitions).map(({ progress }) => [progress.eventsPerSecond, progress.secondsLeft]),
  ).toEqual([
    [null, null],
    [48, 1_000 / 48],
    [null, null],
    [null, null],
    [25, 40],
  ]);
});

it('takes a thread between two partitions to be as fast as the threads were until now', () => {
  expect(rateOf([folded(1_000), folded(3_000), folding('a', null), folding('a', null)])).toBe(500);
  expect(rateOf([folded(1_000), folded(3_000), folding('a', null), folding('b', 250)])).toBe(750);
});

it('knows no pace where nothing is told, and none of a thread that has let go', () => {
  expect(rateOf([])).toBeNull();
  expect(rateOf([folding('a', null)])).toBeNull();
  expect(rateOf([folded(0), folding('a', null)])).toBeNull();
  expect(rateOf([folded(1_000)])).toBeNull();
  expect(rateOf([folded(1_000), folding('a', 500, { leaseExpired: true })])).toBeNull();
});

import { expect, it } from 'vitest';
import type { PartitionProgress } from '../../../application/ports/page-reads.ts';
import { noCounts } from '../../../domain/replay/index.ts';
import { rateOf } from './replay-pace.ts';

const folding = (
  worker: string,
  eventsPerSecond: number | null,
  rest: Partial<PartitionProgress> = {},
  foldedMs = 0,
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
    secondsLeft: null,
    ...rest,
  },
  foldedMs,
});
const folded = (foldedMs: number) =>
  folding('', null, { status: 'folded', worker: null, cursor: '1100' }, foldedMs);

it('adds up what each thread says of the partition that it folds, and not of those that wait for their turn', () => {
  expect(rateOf([folding('a', 500), folding('a', null), folding('b', 250)])).toBe(750);
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

import { describe, expect, it } from 'vitest';
import { estimateReadBytes, writtenBehind } from './index.ts';

const range = (partition: number, from: string, to: string, archiveUntil: string | null = null) => ({
  partition,
  from,
  to,
  logStart: '0',
  lastStable: to,
  archiveUntil,
});
const state = (partition: number, logStart: string, end: string) => ({
  partition,
  logStart,
  lastStable: end,
  highWatermark: end,
});

describe('the bytes that a plan reads', () => {
  it.each<[string, Parameters<typeof estimateReadBytes>, bigint | null]>([
    ['all of a log', [[range(0, '0', '100')], [state(0, '0', '100')], new Map([[0, 5000n]])], 5000n],
    ['a part', [[range(0, '25', '75')], [state(0, '0', '100')], new Map([[0, 5000n]])], 2500n],
    [
      'what retention has left, where the log has grown since',
      [[range(0, '100', '200')], [state(0, '100', '300')], new Map([[0, 4000n]])],
      2000n,
    ],
    [
      'of what begins in the archive the log alone',
      [[range(0, '0', '200', '150')], [state(0, '100', '200')], new Map([[0, 1000n]])],
      500n,
    ],
    ['nothing', [[range(0, '5', '5')], [state(0, '0', '5')], new Map([[0, 1000n]])], 0n],
    ['an empty log', [[range(0, '0', '0')], [state(0, '0', '0')], new Map([[0, 0n]])], 0n],
    ['a partition of unknown size', [[range(0, '0', '5')], [state(0, '0', '5')], new Map()], null],
    ['a partition that is gone', [[range(1, '0', '5')], [state(0, '0', '5')], new Map([[1, 1n]])], null],
  ])('of %s', (_name, given, bytes) => {
    expect(estimateReadBytes(...given)).toBe(bytes);
  });
});

it('counts what was written behind the ends of a plan, in its own partitions', () => {
  const log = [state(0, '0', '120'), state(1, '0', '50'), state(2, '0', '9')];
  expect(writtenBehind([range(0, '0', '100'), range(1, '0', '50')], log)).toBe(20n);
});

import { describe, expect, it } from 'vitest';
import type { PartitionLag } from './measure.ts';
import { type Waiting, watchStuck } from './stuck.ts';

const lag = (committed: number | null, records: number | null, partition = 0): PartitionLag => ({
  partition,
  committed: committed === null ? null : BigInt(committed),
  end: 100n,
  next: null,
  records: records === null ? null : BigInt(records),
  ageMs: 1,
});

/** Samples a minute apart; answers what was told, each with its minute. */
function watch(
  samples: readonly PartitionLag[],
  { members = 1, othersMovedAtMs = null }: { members?: number | null; othersMovedAtMs?: number | null } = {},
) {
  let waiting: readonly Waiting[] = [];
  const told: string[] = [];
  for (const [minute, each] of samples.entries()) {
    const next = watchStuck(
      waiting,
      { atMs: minute * 60_000, partitions: [each] },
      { afterMs: 300_000, members, othersMovedAtMs },
    );
    waiting = next.waiting;
    told.push(...next.changes.map(({ kind, offset }) => `${minute} ${kind} ${offset}`));
  }
  return told;
}
const times = (count: number, each: PartitionLag) => Array.from({ length: count }, () => each);

describe('an offset that does not move', () => {
  it('is stuck after more than the time, is told once, and is over when it moves on', () => {
    expect(watch([...times(8, lag(7, 3)), lag(8, 2)])).toEqual(['6 stuck 7', '8 moved-on 7']);
  });

  it('is told anew where it stands still at the next one', () => {
    expect(watch([...times(7, lag(7, 3)), ...times(7, lag(8, 2))])).toEqual([
      '6 stuck 7',
      '7 moved-on 7',
      '13 stuck 8',
    ]);
  });

  it('is not stuck while nothing is unread behind it, however long that is, nor a moment after something is', () => {
    expect(watch([...times(60, lag(7, 0)), lag(7, 1), lag(7, 1)])).toEqual([]);
  });

  it('is over where what was unread is gone', () => {
    expect(watch([...times(7, lag(7, 3)), lag(7, 0)])).toEqual(['6 stuck 7', '7 moved-on 7']);
  });

  it('is over where the group has no commit any more', () => {
    expect(watch([...times(7, lag(7, 3)), lag(null, null)])).toEqual(['6 stuck 7', '7 moved-on 7']);
  });

  it('keeps its time over a sample in which it could not be measured', () => {
    expect(watch([...times(3, lag(7, 3)), lag(7, null), ...times(3, lag(7, 3))])).toEqual(['6 stuck 7']);
  });

  it('of a group without members has stopped and is not stuck, unless others of it have just moved', () => {
    const samples = times(8, lag(7, 3));
    expect(watch(samples, { members: 0 })).toEqual([]);
    expect(watch(samples, { members: 0, othersMovedAtMs: 300_000 })).toEqual(['6 stuck 7']);
    expect(watch(samples, { members: 0, othersMovedAtMs: 0 })).toEqual([]);
    expect(watch(samples, { members: null })).toEqual(['6 stuck 7']);
  });

  it('of a reader that stands still everywhere is not stuck, and is where the others went on meanwhile', () => {
    const look = (othersMovedAtMs: number | null) => {
      let waiting: readonly Waiting[] = [];
      const told: string[] = [];
      for (let minute = 0; minute < 9; minute++) {
        const partitions = [lag(7, 3, 0), lag(20 + (othersMovedAtMs === null ? 0 : minute), 5, 1)];
        const rule = {
          afterMs: 300_000,
          members: 1,
          othersMovedAtMs: othersMovedAtMs === null ? null : minute * 60_000,
        };
        const next = watchStuck(waiting, { atMs: minute * 60_000, partitions }, rule);
        waiting = next.waiting;
        told.push(...next.changes.map(({ kind, offset }) => `${minute} ${kind} ${offset}`));
      }
      return told;
    };
    expect(look(null)).toEqual([]);
    expect(look(0)).toEqual(['6 stuck 7']);
  });
});

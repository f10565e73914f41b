import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measureLag, type PartitionFound, totalLag } from './measure.ts';

const found = (own: Partial<PartitionFound>): PartitionFound => ({
  partition: 0,
  committed: 4n,
  from: 4n,
  end: 10n,
  next: { offset: 4n, timestampMs: 1_000 },
  ...own,
});

describe('the lag of a partition', () => {
  it.each([
    ['unread records', {}, [6n, 9_000]],
    [
      'control records, aborted ones and holes before the next record',
      { next: { offset: 7n, timestampMs: 2_000 } },
      [3n, 8_000],
    ],
    ['nothing but those', { next: 'none' }, [0n, 0]],
    ['read to the end', { committed: 10n, from: 10n, next: null }, [0n, 0]],
    [
      'committed beyond the stable end, as who reads uncommitted records does',
      { committed: 12n, from: 12n, next: null },
      [0n, 0],
    ],
    ['nobody knows where it stands', { committed: null, from: null, next: null }, [null, null]],
    ['the next record could not be read', { next: null }, [6n, null]],
    ['a record without a time', { next: { offset: 4n, timestampMs: null } }, [6n, null]],
    ['a record of the future', { next: { offset: 4n, timestampMs: 99_000 } }, [6n, 0]],
  ] as const)('with %s', (_, own, [records, ageMs]) => {
    expect(measureLag(10_000, found(own))).toMatchObject({ records, ageMs });
  });

  it('is a group’s by the latest of its partitions, and says how many are not known', () => {
    const partitions = [
      measureLag(10_000, found({})),
      measureLag(10_000, found({ partition: 1, from: null, next: null })),
      measureLag(10_000, found({ partition: 2, next: { offset: 9n, timestampMs: 9_500 } })),
    ];
    expect(totalLag(partitions)).toEqual({ records: 7n, ageMs: 9_000, unknown: 1 });
    expect(totalLag([])).toEqual({ records: null, ageMs: null, unknown: 0 });
  });

  it('never is negative, whatever was found', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 50n),
        fc.bigInt(0n, 50n),
        fc.bigInt(0n, 60n),
        fc.integer(),
        (from, end, offset, timestampMs) => {
          const { records, ageMs } = measureLag(0, found({ from, end, next: { offset, timestampMs } }));
          expect((records ?? 0n) >= 0n && (ageMs ?? 0) >= 0).toBe(true);
        },
      ),
    );
  });
});

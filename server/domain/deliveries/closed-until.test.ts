import { describe, expect, it } from 'vitest';
import { type Closing, closedOverAll, closeUntil, notClosed } from './closed-until.ts';

const at = (second: number) => new Date(Date.UTC(2026, 2, 14, 12, 0, second));
const marked = (second: number, end: bigint, closedUntil: Date | null = null): Closing => ({
  closedUntil,
  mark: { at: at(second), end },
});

describe('a partition is closed until', () => {
  it.each<[string, Closing, { at: Date; end: bigint; readTo: bigint }, Closing]>([
    [
      'now, where it is read to its end',
      notClosed,
      { at: at(5), end: 9n, readTo: 9n },
      { closedUntil: at(5), mark: null },
    ],
    [
      'no moment, and marks its end, where something is kept back',
      notClosed,
      { at: at(5), end: 9n, readTo: 3n },
      marked(5, 9n),
    ],
    [
      'no later moment before the mark is passed',
      marked(5, 9n, at(1)),
      { at: at(7), end: 12n, readTo: 8n },
      marked(5, 9n, at(1)),
    ],
    [
      'the moment of the mark once that is passed, and marks anew',
      marked(5, 9n, at(1)),
      { at: at(7), end: 12n, readTo: 9n },
      marked(7, 12n, at(5)),
    ],
    [
      'as before, and marks anew, where the log ends before the mark',
      marked(5, 9n, at(1)),
      { at: at(7), end: 8n, readTo: 4n },
      marked(7, 8n, at(1)),
    ],
  ])('%s', (_, before, seen, after) => {
    expect(closeUntil(before, seen)).toEqual(after);
  });

  it('ever later moments where a transaction is always open', () => {
    let closing = notClosed;
    const moments: (number | undefined)[] = [];
    // A record a second, and the last three are kept back.
    for (let second = 1; second <= 12; second++) {
      closing = closeUntil(closing, {
        at: at(second),
        end: BigInt(second),
        readTo: BigInt(Math.max(0, second - 3)),
      });
      moments.push(closing.closedUntil?.getSeconds());
    }
    expect(moments).toEqual([undefined, undefined, undefined, 1, 1, 1, 4, 4, 4, 7, 7, 7]);
  });
});

describe('all partitions are closed', () => {
  it('until the earliest of them', () => {
    expect(closedOverAll([marked(9, 9n, at(3)), { closedUntil: at(2), mark: null }])).toEqual(at(2));
  });

  it('until no moment that is known, where one is not or there is none', () => {
    expect(closedOverAll([{ closedUntil: at(2), mark: null }, notClosed])).toBeNull();
    expect(closedOverAll([])).toBeNull();
  });
});

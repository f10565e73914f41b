import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LagSample } from './measure.ts';
import { assessLag, lagRules, ruleInWords } from './verdict.ts';

type At = readonly [committed: number | null, records: number | null, ageMs?: number | null];

/** Samples of five seconds each, of partitions side by side. */
const window = (...partitions: readonly (readonly At[])[]): LagSample[] =>
  Array.from({ length: Math.max(...partitions.map((each) => each.length)) }, (_, at) => ({
    atMs: at * 5_000,
    partitions: partitions.flatMap((each, partition) => {
      const [committed = null, records = null, ageMs = 1_000] = each[at] ?? [];
      const big = (value: number | null) => (value === null ? null : BigInt(value));
      return [
        {
          partition,
          committed: big(committed),
          end: null,
          next: null,
          records: big(records),
          ageMs: records === 0 ? 0 : ageMs,
        },
      ];
    }),
  }));
const times = <T>(count: number, of: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => of(at));

const idle = times(14, (): At => [10, 0]);
const moving = times(14, (at): At => [at, 3]);
const growing = times(14, (at): At => [at, 3 + at]);
const still = times(14, (): At => [4, 6]);
const late = times(14, (at): At => [at, 3, 61_000]);
const back = [...times(13, (at): At => [20 + at, 3]), [5, 30] as At];
const unknown = times(14, (): At => [null, null, null]);

describe('a window of samples', () => {
  it.each([
    ['an idle topic', [idle], 2, 'ok', 'caught-up', null],
    ['an idle topic whose consumer has stopped, which owes nothing', [idle], 0, 'ok', 'caught-up', null],
    ['one that reads', [moving], 2, 'ok', 'keeps-up', null],
    ['one that reads less than is written', [growing], 2, 'lagging', 'falls-behind', 0],
    ['one that reads, but late', [late], 2, 'lagging', 'over-threshold', 0],
    ['one that is there and does not move', [idle, still], 2, 'stalled', 'does-not-move', 1],
    ['one of which nobody tells how many members', [still], null, 'stalled', 'does-not-move', 0],
    ['one that is not there', [still], 0, 'stopped', 'nobody-reads', 0],
    ['one that went back', [idle, back], 2, 'rewound', 'went-back', 1],
    ['no commits', [unknown, unknown], 0, 'unknown', 'no-commits', null],
    ['one partition that nobody knows', [idle, unknown], 2, 'unknown', 'partition-unknown', 1],
    ['what is worse than unknown', [still, unknown], 2, 'stalled', 'does-not-move', 0],
    ['what stood still for less than a minute', [still.slice(0, 12)], 2, 'ok', 'keeps-up', null],
    [
      'what stood still with nothing unread until now',
      [[...idle.slice(1), [10, 5] as At]],
      2,
      'ok',
      'keeps-up',
      null,
    ],
    [
      'what was deleted after it had commits',
      [[...moving.slice(1), [null, null, null] as At]],
      0,
      'unknown',
      'no-commits',
      null,
    ],
    ['a single sample over the threshold', [[[4, 6, 61_000] as At]], 2, 'lagging', 'over-threshold', 0],
  ] as const)('of %s', (_, partitions, members, verdict, rule, partition) => {
    expect(assessLag({ samples: window(...partitions), members, overMs: 60_000 })).toEqual({
      verdict,
      rule,
      partition,
    });
  });

  it('without any sample says nothing', () => {
    expect(assessLag({ samples: [], members: 2, overMs: null }).verdict).toBe('unknown');
  });

  it('is no better for one more partition, whatever that one does', () => {
    const order = ['ok', 'unknown', 'lagging', 'stalled', 'stopped', 'rewound'];
    const kinds = fc.constantFrom(idle, moving, growing, still, late, back, unknown);
    fc.assert(
      fc.property(kinds, kinds, (one, other) => {
        const verdict = (...of: readonly (readonly At[])[]) =>
          order.indexOf(assessLag({ samples: window(...of), members: 1, overMs: 60_000 }).verdict);
        // A group none of whose partitions has a commit is unknown as a whole, and one with a commit is known in part.
        expect(verdict(one, other)).toBe(Math.max(verdict(one), verdict(other)));
      }),
    );
  });

  it('has words for every rule, and names the partition that decided', () => {
    for (const rule of lagRules) expect(ruleInWords({ rule, partition: null })).toMatch(/\.$/);
    expect(ruleInWords({ rule: 'went-back', partition: 3 })).toContain('partition 3');
  });
});

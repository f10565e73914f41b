import { expect, it } from 'vitest';
import { ReadWaits } from './read-waits.ts';

const shown = (waits: ReadWaits) => waits.read().buckets.filter(({ count }) => count > 0);

it('measures a wait from the first time that a read was told to come again', () => {
  const waits = new ReadWaits();
  waits.behind('O-1', 2n, 1_000);
  waits.behind('O-1', 2n, 1_900);
  waits.applied('O-1', 1n, 1_950);
  expect(waits.read()).toMatchObject({ waited: 0, waiting: 1 });
  waits.applied('O-1', 3n, 2_000);
  expect(shown(waits)).toEqual([{ atMostMs: 1_000, count: 1 }]);
  expect(waits.read()).toMatchObject({ waited: 1, waitedMs: 1_000, longestMs: 1_000, waiting: 0, atOnce: 0 });
});

it('keeps the waits of different keys and positions apart', () => {
  const waits = new ReadWaits();
  waits.behind('O-1', 1n, 0);
  waits.behind('O-1', 2n, 0);
  waits.behind('O-2', 1n, 0);
  waits.applied('O-1', 1n, 40);
  waits.applied('O-2', 1n, 99_000);
  expect(shown(waits)).toEqual([
    { atMostMs: 50, count: 1 },
    { atMostMs: null, count: 1 },
  ]);
  expect(waits.read().waiting).toBe(1);
});

it('counts apart those that had not to wait', () => {
  const waits = new ReadWaits();
  waits.answered('O-1', 1n);
  expect(waits.read()).toMatchObject({ atOnce: 1, waited: 0 });
  // Whoever has waited comes once for the answer; who asks for it again then has it at once.
  waits.behind('O-2', 1n, 0);
  waits.applied('O-2', 1n, 10);
  waits.answered('O-2', 1n);
  expect(waits.read()).toMatchObject({ atOnce: 1, waited: 1 });
  waits.answered('O-2', 1n);
  expect(waits.read()).toMatchObject({ atOnce: 2, waited: 1 });
});

it('forgets positions that never come, and holds no more than it may', () => {
  const waits = new ReadWaits();
  for (let at = 0; at < 2_000; at++) waits.behind(`O-${at}`, 1n, 0);
  expect(waits.read().waiting).toBe(1_000);
  waits.behind('O-new', 1n, 300_001);
  expect(waits.read().waiting).toBe(1);
});

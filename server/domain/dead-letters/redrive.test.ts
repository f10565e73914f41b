import { describe, expect, it } from 'vitest';
import { nextBatch, outcomeOf, type Seen } from './redrive.ts';

describe('the next batch of a redrive', () => {
  it('doubles while letters are reprocessed', () => {
    const sizes = [1];
    while (sizes.length < 13) sizes.push(nextBatch(sizes.at(-1) ?? 1, { reprocessed: 1, others: 0 }) ?? 0);
    expect(sizes).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024]);
  });

  it('is none after one of which more than a fifth was not reprocessed', () => {
    expect(nextBatch(1, { reprocessed: 0, others: 1 })).toBeNull();
    expect(nextBatch(4, { reprocessed: 3, others: 1 })).toBeNull();
    expect(nextBatch(8, { reprocessed: 7, others: 1 })).toBe(16);
  });
});

it('is no larger where nothing of it was verified, since all of it was gone', () => {
  expect(nextBatch(1_024, { reprocessed: 0, others: 0 })).toBe(1_024);
  expect(nextBatch(4, { reprocessed: 0, others: 0 })).toBe(4);
});

describe('the outcome of a letter', () => {
  const seen: Seen = {
    groupIsPast: true,
    stateIsPast: null,
    deadLettersRead: true,
    parkedAgain: null,
    hasEventId: true,
    ageMs: 1_000,
    stillMs: 1_000,
  };
  it.each<[string, Partial<Seen>, string | null]>([
    ['all that can be asked says so', {}, 'reprocessed'],
    ['the state does not say so', { stateIsPast: false }, null],
    ['the state says so too', { stateIsPast: true }, 'reprocessed'],
    ['its group is not past it', { groupIsPast: false }, null],
    ['its group lags, and moves', { groupIsPast: false, ageMs: 3_600_000 }, null],
    [
      'its group has not moved for a minute',
      { groupIsPast: false, ageMs: 61_000, stillMs: 61_000 },
      'unknown',
    ],
    ['the dead letters were not read since', { deadLettersRead: false }, null],
    ['the dead letters were not read in time', { deadLettersRead: false, stillMs: 61_000 }, 'unknown'],
    ['it was parked again', { parkedAgain: 'bad' }, 'failed'],
    ['nobody says how far consumers are', { groupIsPast: null }, 'unknown'],
    ['it has no id to be found by', { hasEventId: false }, 'unknown'],
  ])('where %s', (_what, change, status) => {
    expect(outcomeOf({ ...seen, ...change })?.status ?? null).toBe(status);
  });

  it('that is not known yet is looked for on, for a week, and one that nobody can ever tell is not', () => {
    const still = { groupIsPast: false, stillMs: 61_000 };
    const day = 24 * 3_600_000;
    expect(outcomeOf({ ...seen, ...still, ageMs: 6 * day })).toMatchObject({ isAwaited: true });
    expect(outcomeOf({ ...seen, ...still, ageMs: 8 * day })).toMatchObject({ isAwaited: false });
    expect(outcomeOf({ ...seen, ...still, ageMs: 8 * day, stillMs: 0 })).toMatchObject({ isAwaited: false });
    expect(outcomeOf({ ...seen, groupIsPast: null })).toMatchObject({ isAwaited: false });
    expect(outcomeOf({ ...seen, hasEventId: false })).toMatchObject({ isAwaited: false });
  });
});

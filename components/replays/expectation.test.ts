import { describe, expect, it } from 'vitest';
import { expectationRows } from './expectation.ts';

const start = Date.parse('2026-03-14T09:00:00Z');
const running = {
  prediction: { events: 1_842, seconds: 4, basis: 'the last replay of this contract, 460 events/s' },
  eventsProcessed: 921,
  startedAt: '2026-03-14T09:00:00Z',
  endedAt: null,
  durationMs: null,
  eventsPerSecond: 460,
  secondsLeft: 2,
  status: 'folding',
  partitions: [],
  workersAlive: 1,
} as const;
const ended = {
  ...running,
  eventsProcessed: 1_842,
  endedAt: '2026-03-14T09:00:04Z',
  durationMs: 4_100,
  eventsPerSecond: null,
  secondsLeft: null,
  status: 'finished',
} as const;

const read = (replay: Parameters<typeof expectationRows>[0], nowMs = start + 2_000, readAtMs = nowMs) => {
  const [events, duration] = expectationRows(replay, nowMs, readAtMs);
  return { events, duration };
};

describe('predicted against observed', () => {
  it('of a running replay says how far it is, and how long it takes in all', () => {
    const { events, duration } = read(running);
    expect(events).toMatchObject({ predicted: '1,842 events', observed: '921 so far' });
    expect(events?.deviation).toBe('50 % of the prediction');
    expect(duration).toMatchObject({ predicted: '4.0 s', deviation: 'in time', tone: 'accent' });
    expect(duration?.observed).toBe('2.0 s so far, about 4.0 s in all at this rate');
  });

  it('calls late what will take half as long again', () => {
    const { duration } = read({ ...running, secondsLeft: 10 });
    expect(duration).toMatchObject({ deviation: 'late: 3.0 × the prediction', tone: 'different' });
  });

  it('counts what is left from when it was read, so that it does not grow while nothing is read', () => {
    const said = (nowMs: number) => read(running, nowMs, start + 2_000).duration?.observed;
    expect(said(start + 3_000)).toBe('3.0 s so far, about 4.0 s in all at this rate');
    expect(said(start + 9_000)).toBe('9.0 s so far, about 9.0 s in all at this rate');
  });

  it('of a replay that no worker is there for gives no time in all, and does not call it in time', () => {
    expect(read({ ...running, workersAlive: 0 }).duration).toMatchObject({
      observed: '2.0 s so far',
      deviation: 'nobody works at it',
      tone: 'failed',
    });
  });

  it('of a replay that waits for its worker is not late and not in time', () => {
    expect(read({ ...running, startedAt: null, secondsLeft: null }).duration).toMatchObject({
      observed: 'not started',
      tone: 'unknown',
    });
  });

  it('of an ended one says whether it came as predicted', () => {
    expect(read(ended).events).toMatchObject({ deviation: 'as predicted', tone: 'verified' });
    expect(read(ended).duration).toMatchObject({ deviation: 'as predicted', tone: 'verified' });
    expect(read({ ...ended, eventsProcessed: 1_840 }).events?.deviation).toBe('−2');
    expect(read({ ...ended, durationMs: 40_000 }).duration).toMatchObject({
      deviation: '10 × the prediction',
      tone: 'different',
    });
    expect(read({ ...ended, durationMs: 2_000 }).duration).toMatchObject({ tone: 'verified' });
  });

  it('of one that was far quicker says so, and takes that for no success of the prediction', () => {
    expect(read({ ...ended, durationMs: 40 }).duration).toMatchObject({
      deviation: 'far quicker than predicted',
      tone: 'unknown',
    });
  });

  it('predicts nothing where there is nothing to tell it from', () => {
    const unknown = { ...ended, prediction: { events: 1_842, seconds: null, basis: null } };
    expect(read(unknown).duration).toMatchObject({ predicted: 'not known', deviation: '—' });
    expect(expectationRows({ ...ended, prediction: null }, start, start)).toEqual([]);
  });
});

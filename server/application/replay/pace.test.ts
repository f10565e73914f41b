import { expect, it } from 'vitest';
import { Pace } from './pace.ts';

function started() {
  let nowMs = 1_000;
  const pace = new Pace({ now: () => new Date(nowMs), wait: async () => undefined });
  return {
    pace,
    after: (ms: number) => {
      nowMs += ms;
    },
  };
}

it('counts what the thread folds of all its partitions, from one telling to the next', () => {
  const { pace, after } = started();
  after(10_000);
  for (let turn = 0; turn < 4; turn++) {
    pace.take(25);
    after(250);
  }
  expect(pace.told()).toEqual({ spentMs: 1_000, eventsPerSecond: 100 });
  pace.take(100);
  after(2_000);
  expect(pace.told()).toEqual({ spentMs: 2_000, eventsPerSecond: 50 });
});

it('says of a moment what it said before, and counts it with what comes', () => {
  const { pace, after } = started();
  pace.take(100);
  expect(pace.told()).toEqual({ spentMs: 0, eventsPerSecond: null });
  after(1_000);
  expect(pace.told()).toEqual({ spentMs: 1_000, eventsPerSecond: 100 });
  pace.take(10);
  after(100);
  expect(pace.told()).toEqual({ spentMs: 0, eventsPerSecond: 100 });
  pace.take(40);
  after(900);
  expect(pace.told()).toEqual({ spentMs: 1_000, eventsPerSecond: 50 });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { beat, givingWay } from './loops.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

it('a beat goes from start to start, and leaves out what a slow turn has missed', async () => {
  const stop = new AbortController();
  const starts: number[] = [];
  await beat(200, stop.signal, silent, 'beat', async () => {
    starts.push(performance.now());
    if (starts.length === 2) await sleep(500);
    else await sleep(100);
    if (starts.length === 4) stop.abort();
  });
  const steps = starts.map((at, n) => Math.round((at - (starts[0] ?? 0)) / 200) - n).slice(1);
  // The second turn takes two and a half steps, so the third begins two steps later than it would have.
  expect(steps).toEqual([0, 2, 2]);
});

it('what gives way waits while others work, and no longer than it may', async () => {
  let isBusy = false;
  let turns = 0;
  const turn = givingWay(
    () => isBusy,
    200,
    async () => {
      turns += 1;
    },
  );
  isBusy = true;
  // Nothing has been done yet: the first turn waits for nobody.
  await turn();
  await turn();
  expect(turns).toBe(1);
  await sleep(250);
  await turn();
  expect(turns).toBe(2);
  isBusy = false;
  await turn();
  expect(turns).toBe(3);
});

import { expect, it, vi } from 'vitest';
import type { Exit } from '../../demo/infra/processes.ts';
import { type Running, supervise } from './supervise.ts';

/** Starts that wait until they are let through, and that end when they are stopped or crash. */
function service() {
  const all: { running: Running; crash: () => void; isStopped: boolean }[] = [];
  let gate: Promise<void> | null = null;
  const start = async (): Promise<Running> => {
    await gate;
    const { promise, resolve } = Promise.withResolvers<Exit>();
    const one = {
      running: {
        pid: all.length + 1,
        exited: promise,
        stop: async () => {
          one.isStopped = true;
          resolve({ code: 0, signal: null });
        },
      },
      crash: () => resolve({ code: 1, signal: null }),
      isStopped: false,
    };
    all.push(one);
    return one.running;
  };
  const block = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    return () => {
      gate = null;
      resolve();
    };
  };
  return { all, start, block };
}

async function supervised() {
  const fake = service();
  const sleeps: number[] = [];
  const child = await supervise({
    name: 'it',
    start: fake.start,
    log: () => undefined,
    logFile: '/nowhere',
    sleep: async (ms) => void sleeps.push(ms),
  });
  return { ...fake, child, sleeps };
}

/** Ends the first process, and has the next start wait. */
async function whileStarting() {
  const it = await supervised();
  const letThrough = it.block();
  it.all[0]?.crash();
  await vi.waitFor(() => expect(it.sleeps).toEqual([1_000]));
  return { ...it, letThrough };
}

it('what is held while it starts does not stay up, and starts again when it is released', async () => {
  const { child, all, letThrough } = await whileStarting();
  const holding = child.hold();
  letThrough();
  await holding;
  expect([child.isHeld(), child.pid(), all[1]?.isStopped]).toEqual([true, null, true]);
  await child.release();
  expect([child.isHeld(), child.pid()]).toEqual([false, 3]);
  await child.stop();
});

it('what is held and released while it starts goes on', async () => {
  const { child, all, letThrough } = await whileStarting();
  const holding = child.hold();
  const releasing = child.release();
  letThrough();
  await Promise.all([holding, releasing]);
  expect([child.pid(), all[1]?.isStopped]).toEqual([2, false]);
  await child.stop();
});

it('what could not be ended is released at once', async () => {
  const { child, all } = await supervised();
  const [first] = all;
  if (first !== undefined) first.running.stop = () => Promise.reject(new Error('it stays'));
  await expect(child.hold()).rejects.toThrow('it stays');
  await child.release();
  expect([child.isHeld(), child.pid()]).toEqual([false, 1]);
});

it('what is held again before it was started stays down', async () => {
  const { child, all } = await supervised();
  await child.hold();
  const releasing = child.release();
  await child.hold();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([child.isHeld(), child.pid()]).toEqual([true, null]);
  await child.release();
  await releasing;
  expect(child.pid()).toBe(all.length);
  await child.stop();
});

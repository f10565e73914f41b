import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../application/ports/log.ts';
import { RepriseError } from '../domain/shared/errors.ts';

/** Does something again and again, `ms` after it was done the last time. A failure is logged, and the next turn comes. */
export async function every(
  ms: number,
  signal: AbortSignal,
  log: Log,
  what: string,
  work: () => Promise<unknown>,
): Promise<void> {
  await again(signal, log, what, work, () => ms);
}

/** The same from start to start: a turn that takes longer than `ms` leaves turns out, and is followed by no crowd of them. */
export async function beat(
  ms: number,
  signal: AbortSignal,
  log: Log,
  what: string,
  work: () => Promise<unknown>,
): Promise<void> {
  await again(signal, log, what, work, (tookMs) => ms - (tookMs % ms));
}

async function again(
  signal: AbortSignal,
  log: Log,
  what: string,
  work: () => Promise<unknown>,
  pauseMs: (tookMs: number) => number,
): Promise<void> {
  let failing: string | null = null;
  while (!signal.aborted) {
    const begun = performance.now();
    try {
      await work();
      if (failing !== null) log.info({}, `can ${what} again`);
      failing = null;
    } catch (error) {
      // Once an outage, and not once a turn; another reason is another outage.
      const why = error instanceof RepriseError ? error.code : String(error);
      if (why !== failing && !signal.aborted) log.warn({ error }, `could not ${what}`);
      failing = why;
    }
    await sleep(pauseMs(performance.now() - begun), undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Leaves turns of `work` out while `isBusy`, but none for longer than `mostMs` after the last: for what measures in the
 * background, and would take its processor from somebody who waits for a replay.
 */
export function givingWay(isBusy: () => boolean, mostMs: number, work: () => Promise<unknown>) {
  let last = Number.NEGATIVE_INFINITY;
  return async (): Promise<void> => {
    if (isBusy() && performance.now() - last < mostMs) return;
    await work();
    last = performance.now();
  };
}

/** Tries until it succeeds: a worker may be started before its database is. Null: the signal was aborted before. */
export async function startWhenPossible<T>(
  log: Log,
  signal: AbortSignal,
  start: () => Promise<T>,
): Promise<T | null> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await start();
    } catch (error) {
      log.warn({ error, attempt }, 'the worker could not start yet');
      await sleep(Math.min(10_000, 500 * 2 ** attempt), undefined, { signal }).catch(() => undefined);
    }
  }
  return null;
}

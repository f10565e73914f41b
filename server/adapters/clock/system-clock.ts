import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../application/ports/clock.ts';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  wait: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
};

import type { Clock } from '../ports/clock.ts';

/** Of less time than this a rate says nothing. */
const shortestMs = 500;

/**
 * How fast a thread folds: it has several partitions and folds one at a time, so that the time between two checkpoints
 * of one partition is mostly that of others.
 */
export class Pace {
  private readonly clock: Clock;
  private sinceMs: number | null = null;
  private events = 0;
  private rate: number | null = null;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Before these are folded. */
  take(events: number): void {
    this.sinceMs ??= this.clock.now().getTime();
    this.events += events;
  }

  /** What the thread has come to since it was last told, and how long that took; of a moment, nothing new. */
  told(): { readonly spentMs: number; readonly eventsPerSecond: number | null } {
    const nowMs = this.clock.now().getTime();
    const spentMs = nowMs - (this.sinceMs ?? nowMs);
    if (spentMs < shortestMs) return { spentMs: 0, eventsPerSecond: this.rate };
    this.rate = (this.events * 1000) / spentMs;
    this.sinceMs = nowMs;
    this.events = 0;
    return { spentMs, eventsPerSecond: this.rate };
  }
}

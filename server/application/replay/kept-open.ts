import type { Clock } from '../ports/clock.ts';
import type { DerivedSnapshot } from '../ports/derived-state.ts';

/** A store takes a snapshot that nobody asks anything for some minutes for forgotten, and ends it. */
const touchEveryMs = 60_000;

/** Keeps a snapshot from lying unused while something else takes its time. `work` reads nothing from it. */
export async function keptOpen<T>(
  clock: Clock,
  snapshot: DerivedSnapshot,
  work: () => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const keeping = touch(clock, snapshot, done.signal);
  try {
    return await work();
  } finally {
    done.abort();
    await keeping;
  }
}

async function touch(clock: Clock, snapshot: DerivedSnapshot, done: AbortSignal): Promise<void> {
  while (!done.aborted) {
    await clock.wait(touchEveryMs, done).catch(() => undefined);
    if (done.aborted) return;
    try {
      await snapshot.stayOpen();
    } catch {
      // What is wrong with it, whoever reads from it next is told.
      return;
    }
  }
}

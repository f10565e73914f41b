import type { Clock } from '../ports/clock.ts';

/**
 * Waits for `work` at most `ms`. What takes longer goes on unheard: a part of a page that hangs must not keep the
 * others from being shown.
 */
export async function within<T>(clock: Clock, ms: number, what: string, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  work.catch(() => undefined);
  const late = clock.wait(ms, over.signal).then(() => {
    throw new Error(`${what} did not answer within ${ms / 1000} s`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}

import type { LiveNotifier } from '../ports/live.ts';
import type { Transaction } from '../ports/unit-of-work.ts';

/**
 * The status of a replay has changed, or the fault that it waits out. Lists of replays show both, and do not listen to
 * what names one replay: that is told with each checkpoint, which would have every open list read again as often.
 */
export async function tellPages(
  { live }: { readonly live: LiveNotifier },
  tx: Transaction,
  replayId: string,
): Promise<void> {
  await live.notify(tx, `replay:${replayId}`);
  await live.notify(tx, 'replays');
}

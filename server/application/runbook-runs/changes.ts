import type { ActionContext, Stopped } from '../ports/runbook-actions.ts';
import type { AttemptDeps } from './deps.ts';
import type { Taken } from './run-attempt.ts';

/** How long a lease holds without being renewed, by the database's clock. */
export const LEASE_MS = 10_000;

type Changes = Pick<ActionContext, 'changing' | 'changedNothing'> & {
  /** Whether it may have changed something, in this try or an earlier one. */
  begun(): boolean;
};

/**
 * What an attempt may have changed. That it begins to is committed before it does, under its lease: so whoever finds it
 * without a worker knows, and a worker that was cut off, or came too late, begins nothing any more.
 */
export function changesOf(
  deps: Pick<AttemptDeps, 'unitOfWork' | 'attempts'>,
  { row, lease }: Pick<Taken, 'row' | 'lease'>,
  stop: AbortSignal,
  stopFor: (why: Stopped) => void,
): Changes {
  let changes = row.changingSince === null ? 0 : 1;
  // What an earlier try has begun may have been called off since.
  let looked = false;
  const note = (changing: boolean) =>
    deps.unitOfWork.run((tx) => deps.attempts.setChanging(tx, row.id, lease, LEASE_MS, changing));
  return {
    async changing() {
      stop.throwIfAborted();
      if (changes === 0 || !looked) {
        looked = true;
        const held = await note(true);
        if (held === null) stopFor('lost');
        else if (held.cancelled) stopFor('cancelled');
        if (stop.aborted) {
          // Nothing follows: where that can't be said, whoever finds it takes it for begun.
          if (held !== null && changes === 0) await note(false).catch(() => undefined);
          stop.throwIfAborted();
        }
      }
      changes += 1;
    },
    changedNothing: () => {
      changes -= 1;
    },
    begun: () => changes > 0,
  };
}

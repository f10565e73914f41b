/**
 * Terminology: a *redrive* sends a frozen set of dead letters again. It goes in *batches*: 1, 2, 4 … letters, each
 * verified before the next begins.
 */
export const redriveStatuses = [
  'awaiting-approval',
  'queued',
  'running',
  'paused',
  'stopped',
  'done',
  'cancelled',
  'refused',
] as const;
export type RedriveStatus = (typeof redriveStatuses)[number];

export const letterStatuses = [
  'waiting',
  'sending',
  'sent',
  'reprocessed',
  'failed',
  'unknown',
  'gone',
] as const;
export type LetterStatus = (typeof letterStatuses)[number];

export const endedRedrive = (status: RedriveStatus): boolean =>
  status === 'stopped' || status === 'done' || status === 'cancelled' || status === 'refused';

/** A batch of which more than so many are not reprocessed is the last. */
export const FAILED_SHARE = 0.2;
/** A batch grows no further. */
export const LARGEST_BATCH = 1_024;

/** How large the next batch is; null: this one was the last, since too much of it was not reprocessed. */
export function nextBatch(
  size: number,
  outcomes: { readonly reprocessed: number; readonly others: number },
): number | null {
  const all = outcomes.reprocessed + outcomes.others;
  if (all > 0 && outcomes.others / all > FAILED_SHARE) return null;
  return Math.min(LARGEST_BATCH, size * 2);
}

/** What is known of a letter that was sent. */
export type Seen = {
  /** Whether the group's committed offset is past it; null: the state names no group. */
  readonly groupIsPast: boolean | null;
  /** Whether the state says itself that it has applied it; null: it says nothing of where it was sent. */
  readonly stateIsPast: boolean | null;
  /** Whether the dead letters were read up to where they ended once it was consumed. */
  readonly deadLettersRead: boolean;
  /** Of a letter of the same event that was parked since; null: none was. */
  readonly parkedAgain: string | null;
  readonly hasEventId: boolean;
  readonly timeIsUp: boolean;
};

export type Outcome =
  | { readonly status: 'reprocessed' }
  | { readonly status: 'failed' | 'unknown'; readonly cause: string };

/** Whether everything that can be asked is past it; false where nothing can. */
export function isConsumed({ groupIsPast, stateIsPast }: Pick<Seen, 'groupIsPast' | 'stateIsPast'>): boolean {
  const places = [groupIsPast, stateIsPast].filter((each) => each !== null);
  return places.length > 0 && places.every(Boolean);
}

/** null: it is waited for. Reprocessed is only what everything that can be asked says. */
export function outcomeOf(seen: Seen): Outcome | null {
  if (seen.parkedAgain !== null) return { status: 'failed', cause: `Parked again: ${seen.parkedAgain}` };
  if (seen.groupIsPast === null && seen.stateIsPast === null)
    return {
      status: 'unknown',
      cause: 'The contract names neither a consumer group nor a position of where it was sent.',
    };
  const consumed = isConsumed(seen);
  if (!seen.hasEventId && consumed)
    return {
      status: 'unknown',
      cause: 'It was consumed. Without an idempotency key nobody can tell whether it was parked again.',
    };
  if (consumed && seen.deadLettersRead) return { status: 'reprocessed' };
  if (!seen.timeIsUp) return null;
  return {
    status: 'unknown',
    cause: consumed
      ? 'It was consumed; the dead letters could not be read up to their end in time.'
      : 'It was sent, and its consumer did not come past it in time.',
  };
}

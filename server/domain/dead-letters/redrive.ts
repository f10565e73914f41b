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
  /** Sent, and never seen reprocessed: somebody has ended the wait for it. */
  'unseen',
  'gone',
] as const;
export type LetterStatus = (typeof letterStatuses)[number];

export const endedRedrive = (status: RedriveStatus): boolean =>
  status === 'stopped' || status === 'done' || status === 'cancelled' || status === 'refused';

/** Letters that came to an end, and not to the one that was wished for. */
export const notReprocessed = ({ failed, unknown, unseen, gone }: Readonly<Record<LetterStatus, number>>) =>
  failed + unknown + unseen + gone;

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
  // Of a batch that was gone before it was sent nothing was verified.
  if (all === 0) return size;
  if (outcomes.others / all > FAILED_SHARE) return null;
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
  /** Since when it was sent, and for how long its consumer was seen not to move since then. */
  readonly ageMs: number;
  readonly stillMs: number;
};

/** What a letter has failed by that its consumer has parked once more, before the new cause. */
export const PARKED_AGAIN = 'Parked again: ';

/** A consumer that has not moved for so long is not waited for. */
const STILL_MS = 60_000;
/** So long what is not known is looked for all the same: offsets of a group that is gone are kept no longer (KIP-186). */
const AWAITED_MS = 7 * 24 * 3_600_000;

export type Outcome =
  | { readonly status: 'reprocessed' }
  | { readonly status: 'failed'; readonly cause: string }
  /** `isAwaited`: it may become known, is looked for on, and nobody else may send it until then. */
  | { readonly status: 'unknown'; readonly cause: string; readonly isAwaited: boolean };

/** Whether everything that can be asked is past it; false where nothing can. */
export function isConsumed({ groupIsPast, stateIsPast }: Pick<Seen, 'groupIsPast' | 'stateIsPast'>): boolean {
  const places = [groupIsPast, stateIsPast].filter((each) => each !== null);
  return places.length > 0 && places.every(Boolean);
}

/** null: it is waited for. Reprocessed is only what everything that can be asked says. */
export function outcomeOf(seen: Seen): Outcome | null {
  if (seen.parkedAgain !== null) return { status: 'failed', cause: `${PARKED_AGAIN}${seen.parkedAgain}` };
  if (seen.groupIsPast === null && seen.stateIsPast === null)
    return {
      status: 'unknown',
      isAwaited: false,
      cause: 'The contract names neither a consumer group nor a position of where it was sent.',
    };
  const consumed = isConsumed(seen);
  if (!seen.hasEventId && consumed)
    return {
      status: 'unknown',
      isAwaited: false,
      cause: 'It was consumed. Without an idempotency key nobody can tell whether it was parked again.',
    };
  if (consumed && seen.deadLettersRead) return { status: 'reprocessed' };
  if (seen.stillMs <= STILL_MS && seen.ageMs <= AWAITED_MS) return null;
  return {
    status: 'unknown',
    isAwaited: seen.ageMs <= AWAITED_MS,
    cause: consumed
      ? 'It was consumed; the dead letters could not be read up to their end in time.'
      : `It was sent, and its consumer has not come past it: it did not move for ${STILL_MS / 1_000} seconds.`,
  };
}

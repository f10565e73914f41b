import type { PromotionStatus } from './status.ts';

/** Faults that last less are waited out. */
export const UNKNOWN_AFTER_MINUTES = 60;

/** The failure of what nobody could ask its target about. It says neither that it was written nor that it was not. */
export const unknownCode = 'promotion-unknown';

/**
 * Why nobody can record yet that it is unknown whether a promotion was written; null: somebody can. Its target is the
 * only one who knows, so that is for what can't be asked any more, and never happens by itself. The database refuses
 * the same.
 */
export function whyNotUnknown(
  promotion: {
    readonly status: PromotionStatus;
    /** What it waits out; null: nothing is the matter. */
    readonly problem: string | null;
    /** Since when its target can't be asked; null: it can. */
    readonly problemSince: Date | null;
    /** A worker has it in hand at this moment. */
    readonly held: boolean;
  },
  now: Date,
): string | null {
  if (promotion.status !== 'running')
    return `It is ${promotion.status}: what has not begun can be withdrawn, and what has ended is recorded.`;
  const { problem, problemSince } = promotion;
  if (problem === null) return 'Nothing is the matter with it.';
  if (problemSince === null)
    return 'Its target can be asked, so it does find out: do what its page says that it waits for.';
  if (now.getTime() - problemSince.getTime() < UNKNOWN_AFTER_MINUTES * 60_000)
    return `Its target could not be asked for less than ${UNKNOWN_AFTER_MINUTES} minutes: it may still find out by itself.`;
  if (promotion.held) return 'A worker is trying it at this moment: wait until that has ended.';
  return null;
}

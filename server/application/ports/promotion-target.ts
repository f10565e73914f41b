import type { DerivedState } from '../../domain/contract/index.ts';
import type { Write } from '../../domain/promotion/index.ts';
import type { AppliedAt, LiveRow } from './derived-state.ts';

/** What a promotion has left in its target, so that it is known there that it was done, and how. */
export type Written = {
  readonly appliedAt: string;
  readonly token: string;
  /** Plain data, as the one who decided gave it. */
  readonly outcome: unknown;
};

/**
 * `held`: the target takes writes under this token, and under none that came before it. `written`: the promotion has
 * been done already. `stale`: a later token has been here.
 */
export type Fenced =
  | { readonly kind: 'held' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'written'; readonly written: Written };

/** What is to be written, decided while the positions are locked. Nothing to write is an answer too. */
export type Decided = { readonly writes: readonly Write[]; readonly outcome: unknown };

/** The moments of a promotion at which a worker may vanish. For tests that make it. */
export const promotionPoints = [
  'claimed',
  'fenced',
  'locked',
  'decided',
  'written',
  'committed',
  'recorded',
] as const;
export type PromotionPoint = (typeof promotionPoints)[number];

export type PromotionAttempt = {
  readonly promotionId: string;
  readonly token: bigint;
  readonly keys: readonly string[];
  /** The promotion whose previous rows this one brings back; null where it brings what history says. */
  readonly undoes: string | null;
  /** How long the projector's position rows may be held; the target ends the transaction that holds them longer. */
  readonly holdMs: number;
  /** Decides what to write, from the position that is locked and the rows as they are locked. */
  decide(
    appliedAt: AppliedAt,
    rows: ReadonlyMap<string, LiveRow['fields']>,
    signal: AbortSignal,
  ): Promise<Decided>;
  at(point: PromotionPoint): Promise<void>;
};

/**
 * A store whose derived state can be corrected. An adapter has to give: writes that are committed together with the
 * check of a fencing token, at a position of the projector that can't move meanwhile.
 * Errors are RepriseError promotion-target-unfit (somebody has to mend it) and derived-state-unavailable (it may
 * come back), and projector-running: the target does answer, and nothing is written before its projector is stopped.
 */
export interface PromotionTarget<State extends DerivedState<unknown> = DerivedState<unknown>> {
  /** What whoever owns the target has to run once, for the role that promotes. */
  migration(state: State, role: string): string;
  /**
   * Throws what promoting would throw for want of a setting, a table, a column, or a right to write in these ways. It
   * changes nothing. `undoing`: what would be inserted are rows that a promotion has deleted.
   */
  check(state: State, ways: ReadonlySet<Write['kind']>, undoing?: boolean): Promise<void>;
  /**
   * Throws projector-running while somebody has to stop a projector that would be barred, before a promotion may begin. It changes nothing, and what it lets through may still be thrown later.
   */
  refuseEarly(state: State): Promise<void>;
  /** Makes every earlier token of this promotion worthless, for good. */
  fence(state: State, promotionId: string, token: bigint): Promise<Fenced>;
  /** Writes in one transaction, or writes nothing. `stale`: the token is not the one that was fenced last. */
  promote(
    state: State,
    attempt: PromotionAttempt,
  ): Promise<
    | { readonly kind: 'stale' }
    | { readonly kind: 'written'; readonly written: Written; readonly heldMs: number }
  >;
}

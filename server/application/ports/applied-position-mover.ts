import type { PostgresState } from '../../domain/contract/index.ts';

type Place = { readonly partition: number; readonly from: bigint; readonly to: bigint };

/**
 * Moves the position that a derived state in PostgreSQL keeps itself, through the role that promotes. Throws
 * RepriseError promotion-target-unfit and derived-state-unavailable, as a promotion does.
 */
export interface AppliedPositionMover {
  /** The next offset that the state applies; null: it has no row for the partition. Checks the rights to move it too. */
  read(state: PostgresState<unknown>, partition: number): Promise<bigint | null>;
  /**
   * Sets the position to `to` where it is `from`, and has `meanwhile` done while its row is locked and before it is
   * committed: what `meanwhile` throws leaves the position as it was. `overtaken`: it is neither `from` nor `to`.
   * `unknown`: `meanwhile` was done, and the database did not say whether it has committed.
   */
  move(
    state: PostgresState<unknown>,
    place: Place,
    meanwhile: () => Promise<void>,
  ): Promise<
    | { readonly kind: 'moved' }
    | { readonly kind: 'overtaken'; readonly at: bigint | null }
    | {
        readonly kind: 'unknown';
        readonly problem: string;
      }
  >;
}

import type { Discrepancy } from '../reconciliation/index.ts';
import { canonicalJson } from '../shared/canonical-json.ts';

/** One key to be corrected, as it was found: what history says of its fields, and what the live row held. */
export type Change = Pick<Discrepancy, 'key' | 'partition' | 'kind' | 'fields'>;

/** Where the rows stand: a table, or a topic with the group that says how far they are. */
export type PromotionPlace =
  | { readonly connection: string; readonly table: string; readonly key: string }
  | { readonly topic: string; readonly consumerGroup: string };

/**
 * What will be promoted, exactly: frozen, serialised as canonical JSON, and named by its SHA-256. Keys and values
 * stand in the changes, which it names by their digest. It holds no time and nobody's name, so that asking twice for
 * the same is asking once.
 */
export type PromotionPlan = {
  readonly format: 'reprise.promotion/v1';
  readonly contract: { readonly id: string; readonly version: number; readonly bundleDigest: string };
  /** The replay whose shadow state is promoted, with what its evidence says of it. */
  readonly replay: {
    readonly id: string;
    readonly planHash: string;
    readonly shadowDigest: string;
    readonly evidenceId: string;
  };
  readonly derivedState: string;
  readonly target: PromotionPlace;
  readonly keys: number;
  /** Fields to be written, over all keys. */
  readonly fields: number;
  /** SHA-256 over the canonical changes in byte order of the key, one a line. */
  readonly diffDigest: string;
  readonly approvalsNeeded: number;
  /** The promotion whose previous rows this one brings back; null where it brings what history says. */
  readonly undoes: string | null;
};

/** A promotion is one transaction of its target, which waits for no projector longer than that. */
export const mostKeys = 20_000;

/** A change as it is hashed, shown and stored. */
export function changeText({ key, partition, kind, fields }: Change): string {
  return canonicalJson({ key, partition, kind, fields });
}

export function promotionPlanText(plan: PromotionPlan): string {
  return canonicalJson(plan);
}

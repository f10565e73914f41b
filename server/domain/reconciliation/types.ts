import type { Scalar } from '../contract/index.ts';
import type { LayerDoubts } from './layer-doubts.ts';

export const discrepancyKinds = ['missing', 'extra', 'different'] as const;
export type DiscrepancyKind = (typeof discrepancyKinds)[number];

/** One field on which a derived state differs. `delta` is live − history where both are numbers. */
export type FieldDifference = {
  readonly field: string;
  readonly history: Scalar;
  readonly live: Scalar;
  readonly delta: number | null;
};

/** One key on which a derived state differs from what history says. */
export type Discrepancy = {
  readonly derivedState: string;
  readonly key: string;
  readonly partition: number;
  readonly kind: DiscrepancyKind;
  readonly fields: readonly FieldDifference[];
  /** Largest absolute delta; 1 where no field is a number: what the list is sorted by. */
  readonly magnitude: number;
};

/** How the derived state's position was established. 'settled' is weaker: the difference stood after a wait. */
export type ComparisonMode = 'at-position' | 'settled';

/** The outcome of comparing one derived state. */
export type Comparison = {
  readonly derivedState: string;
  readonly mode: ComparisonMode;
  /** Applied position per partition (next offset), decimal text; empty where the store has none. */
  readonly appliedPositions: readonly { readonly partition: number; readonly next: string }[];
  /** Keys compared, equal, and different by kind. */
  readonly keys: number;
  readonly equal: number;
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
  /** Events of the plan that the derived state has not applied yet. 0: it is not behind. */
  readonly eventsBehind: string;
  /** Events beyond the plan's end that were folded only to compare. Never part of events_processed. */
  readonly layerEvents: string;
  /** What of the events beyond the plan's end can't be relied on; left out where all can. */
  readonly layerDoubts?: LayerDoubts;
  /**
   * Rows that the replay has no state of, and that may belong to partitions outside the plan or be rows too many: only
   * reading these partitions tells. None of them is among `keys`. Left out where there are none.
   */
  readonly unplaced?: number;
  /** SHA-256 over the canonical discrepancies, in key order. */
  readonly diffDigest: string;
  readonly outcome: 'equal' | 'behind' | 'different' | 'could-not-compare';
  /** Why it could not be compared, which keys of the scope or rows were not, and what can't be relied on; null otherwise. It may name keys. */
  readonly problem: string | null;
  readonly comparedAt: string;
};

export const explanationCauses = [
  'never-applied',
  'applied-twice',
  'applied-out-of-order',
  'read-with-wrong-version',
  'nothing-after-offset',
] as const;
export type ExplanationCause = (typeof explanationCauses)[number];

/** One event that accounts for a discrepancy, exactly. */
export type Candidate = {
  readonly cause: ExplanationCause;
  readonly eventId: string;
  readonly eventType: string;
  readonly eventVersion: number;
  readonly partition: number;
  readonly offset: string;
  /** Offset of the redelivery, for an event that was applied twice because it was delivered twice. */
  readonly redeliveredAt: string | null;
  /** Where it was parked, with the cause its header gives. */
  readonly deadLetter: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: string;
    readonly cause: string | null;
  } | null;
  /** 'proven': other evidence (a dead letter, a redelivery) names the same event. 'fits': it alone makes the figures equal. */
  readonly certainty: 'proven' | 'fits';
};

/** What explains a discrepancy: every candidate that fits, best first; none is said as none. */
export type Explanation = {
  readonly outcome: 'one' | 'several' | 'none' | 'not-searched';
  readonly candidates: readonly Candidate[];
  /** A sentence a person can read, e.g. why it was not searched. */
  readonly sentence: string;
};

/**
 * 'not-applicable': it is about all keys together, and the scope holds part of them; or it is about each key, and no
 * key was replayed. Neither passed nor failed.
 */
export const invariantOutcomes = ['passed', 'failed', 'could-not-run', 'not-applicable'] as const;
export type InvariantOutcome = (typeof invariantOutcomes)[number];

export type InvariantResult = {
  readonly name: string;
  readonly over: 'key' | 'whole' | 'sql';
  readonly outcome: InvariantOutcome;
  readonly failingKeys: readonly string[];
  readonly failing: number;
  /** Why it could not run, or is not applicable to this scope; null otherwise. */
  readonly problem: string | null;
};

/** About the replayed state. */
export const confidenceStatuses = ['trusted', 'suspect', 'untrusted'] as const;
export type ConfidenceStatus = (typeof confidenceStatuses)[number];

/** Why a replayed state is not trusted. A closed list, so that a verifier can recompute the verdict. */
export const confidenceReasons = [
  'history-missing',
  'history-compacted',
  'not-deterministic',
  'quarantined',
  'invariant-failed',
  'invariant-not-run',
  'conflicting-duplicate',
  'key-in-two-partitions',
  'erased-subject-changes-state',
] as const;
export type ConfidenceReason = (typeof confidenceReasons)[number];

export type Confidence = { readonly status: ConfidenceStatus; readonly reasons: readonly ConfidenceReason[] };

/** About live against replayed. 'not-compared' where no derived state could be read, never 'equal'. */
export const agreementStatuses = ['equal', 'behind', 'different', 'not-compared'] as const;
export type AgreementStatus = (typeof agreementStatuses)[number];

/** What part of the history the scope proves. */
export type Coverage = {
  readonly kind: 'whole' | 'part';
  readonly partitions: { readonly covered: number; readonly of: number };
  /** Offsets covered and offsets in the history at planning, decimal text; of an event table positions, with gaps. */
  readonly offsets: { readonly covered: string; readonly of: string };
  readonly sentence: string;
};

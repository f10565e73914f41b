import type { EnvelopeCode } from '../attestation/index.ts';
import type { KnownStatement, StatementCode } from '../evidence/index.ts';
import type { CheckpointCode, CosignatureCode, NoteCode, ProofCode, SignatureCode } from '../log/index.ts';
import type { BundleCode } from './bundle.ts';

/** Every check there is, in the order in which they are made and told. */
export const checkNames = [
  'bundle',
  'envelope',
  'signature',
  'payload-type',
  'statement',
  'canonical-statement',
  'subjects',
  'inclusion',
  'checkpoint-signature',
  'checkpoint-origin',
  'consistency',
  'witnesses',
  'attachments',
  'meaning',
] as const;
export type CheckName = (typeof checkNames)[number];

export type FailureCode =
  | BundleCode
  | EnvelopeCode
  | 'not-signed'
  | 'payload-type-wrong'
  | StatementCode
  | 'subjects-wrong'
  | 'plan-hash-wrong'
  | ProofCode
  | 'size-wrong'
  | CheckpointCode
  | NoteCode
  | SignatureCode
  | 'origin-wrong'
  | 'earlier-unusable'
  | CosignatureCode
  | 'attachment-wrong'
  | 'attachment-unknown'
  | 'meaning-wrong';

/** `not-asked`: nothing was given to check against. `prerequisite`: an earlier check did not pass. `part-missing`: a part of the record is not in the bundle. */
export type NotRunCode =
  | 'not-asked'
  | 'no-key'
  | 'prerequisite'
  | 'proof-missing'
  | 'earlier-is-newer'
  | 'part-missing';

export type Check = { readonly name: CheckName; readonly sentence: string } & (
  | { readonly outcome: 'pass' }
  | { readonly outcome: 'fail'; readonly code: FailureCode }
  | { readonly outcome: 'not-run'; readonly code: NotRunCode }
);

export type Report = {
  /** One for every name, in their order. */
  readonly checks: readonly Check[];
  /**
   * Whether the record is the one that was signed and logged. `failed`: at least one check failed. `partly`: none
   * did, and `missing` names what had to be checked and could not be. `meaning` is no part of it.
   */
  readonly integrity: {
    readonly outcome: 'verified' | 'failed' | 'partly';
    readonly missing: readonly CheckName[];
  };
  /** What the record says of itself. All of it is null where integrity is not verified, or the record has no such field. */
  readonly confidence_status: 'trusted' | 'suspect' | 'untrusted' | null;
  readonly agreement: 'equal' | 'behind' | 'different' | 'not-compared' | null;
  readonly coverage: { readonly kind: 'whole' | 'part'; readonly sentence: string } | null;
  /** The record; null where integrity is not verified. */
  readonly statement: KnownStatement | null;
  /** Every check that ran has passed, and none that had to be made is missing. */
  readonly holds: boolean;
};

/** What a report says, from its checks. `isAsked` tells of a check that may be left out whether it was asked for. */
export function reportOf(checks: readonly Check[], statement: KnownStatement | null): Report {
  const failed = checks.filter(({ outcome }) => outcome === 'fail');
  const missing = checks.filter((check) => check.outcome === 'not-run' && check.code !== 'not-asked');
  const isOfIntegrity = ({ name }: Check) => name !== 'meaning';
  const outcome = failed.some(isOfIntegrity) ? 'failed' : missing.some(isOfIntegrity) ? 'partly' : 'verified';
  const shown = outcome === 'verified' ? statement : null;
  const replay = shown !== null && 'confidence_status' in shown.predicate ? shown.predicate : null;
  return {
    checks,
    integrity: { outcome, missing: missing.filter(isOfIntegrity).map(({ name }) => name) },
    confidence_status: replay?.confidence_status ?? null,
    agreement: replay?.agreement ?? null,
    coverage: replay?.coverage ? { kind: replay.coverage.kind, sentence: replay.coverage.sentence } : null,
    statement: shown,
    holds: failed.length === 0 && missing.length === 0,
  };
}

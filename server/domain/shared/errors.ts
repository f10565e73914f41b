/**
 * Everything that Reprise refuses or fails to do, as a closed list.
 * Each code has one meaning; the sentence beside it says what was wrong, where, and what to do.
 */
export const errorCodes = [
  'contract-invalid',
  'contract-not-found',
  'contract-version-not-found',
  'bundle-failed',
  'scope-invalid',
  'scope-not-allowed',
  'history-unavailable',
  'history-truncated',
  'history-recreated',
  'history-repartitioned',
  'history-missing',
  'base-required',
  'base-unfit',
  'replay-not-found',
  'replay-state-conflict',
  'replay-id-taken',
  'derived-state-unavailable',
  'invariant-refused',
  'evidence-not-found',
  'evidence-log-rewritten',
  'signing-failed',
  'rows-erased',
  'archive-invalid',
  'archive-seam-broken',
  'lease-lost',
  'projection-impure',
  'projection-failed',
  'projection-stuck',
  'forbidden',
  'person-not-found',
  'person-conflict',
  'invitation-not-open',
  'session-not-found',
  'token-not-found',
  'view-not-found',
  'exclusion-not-found',
  'exclusion-ended',
  'sign-in-not-fresh',
  'approval-rejected',
  'promotion-not-found',
  'promotion-conflict',
  'promotion-overtaken',
  'promotion-target-unfit',
  'promotion-unknown',
  'projector-running',
  'incident-not-found',
  'incident-conflict',
  'runbook-not-found',
  'runbook-invalid',
  'runbook-conflict',
  'runbook-refused',
  'runbook-overtaken',
  'dead-letter-not-found',
  'redrive-not-found',
  'redrive-conflict',
  'review-not-found',
  'review-conflict',
  'setting-invalid',
  'input-invalid',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** A refusal or failure that a person can act on. `where` names the file, field, topic, partition or offset. */
export class RepriseError extends Error {
  override readonly name = 'RepriseError';
  readonly code: ErrorCode;
  readonly where: string | null;
  /** Something has to be done before another try can succeed: a right granted, a topic made, a record mended. */
  readonly lasting: boolean;

  constructor(
    code: ErrorCode,
    sentence: string,
    options: { where?: string; cause?: unknown; lasting?: boolean } = {},
  ) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.where = options.where ?? null;
    this.lasting = options.lasting ?? false;
  }
}

import type { z } from 'zod';
import {
  approvalPredicateType,
  breakGlassPredicateType,
  promotionPredicateType,
  replayPredicateType,
  reviewPredicateType,
  runbookStepPredicateType,
} from './predicate-types.ts';
import type { promotionPredicate } from './promotion-predicate.schema.ts';
import type { replayPredicate } from './replay-predicate.schema.ts';
import type { KnownStatement } from './statement.schema.ts';

/** What a record is listed by, as far as its statement says it: what is undefined here, it does not say. */
export type ListedAs = {
  readonly kind: string;
  readonly contractId: string;
  readonly replayId: string | null | undefined;
  readonly status: string;
  readonly confidence: string | null;
  readonly agreement: string | null | undefined;
  readonly coverageKind: string | null;
  readonly eventsProcessed: number | null;
  readonly duplicatesSkipped: number | null;
  readonly projectionsChanged: number | null;
  readonly reconciliationFailures: number | null;
  readonly requestedBy: string;
  /** Whose approvals counted, sorted. */
  readonly approvedBy: readonly string[];
  /** ISO 8601. */
  readonly recordedAt: string;
};

const none = {
  replayId: null,
  confidence: null,
  agreement: null,
  coverageKind: null,
  eventsProcessed: null,
  duplicatesSkipped: null,
  projectionsChanged: null,
  reconciliationFailures: null,
  approvedBy: [],
} as const;

/**
 * What a row beside a record has to say for the record to be listed, and headed, as what it is. Rows stand in no log:
 * whoever owns the database can write another verdict there than was signed.
 */
export function listedAs({ predicateType, predicate }: KnownStatement): ListedAs {
  switch (predicateType) {
    case replayPredicateType:
      return replayListed(predicate);
    case promotionPredicateType:
      return promotionListed(predicate);
    case approvalPredicateType:
      return {
        ...none,
        kind: 'approval',
        contractId: predicate.contract.id,
        replayId: predicate.decides.kind === 'replay' ? predicate.decides.id : undefined,
        status: predicate.verdict,
        requestedBy: predicate.by,
        recordedAt: predicate.decided_at,
      };
    case runbookStepPredicateType:
      return {
        ...none,
        kind: 'runbook-step',
        contractId: predicate.contract_id ?? '',
        status: stepStatus[predicate.status],
        requestedBy: predicate.requested_by,
        approvedBy: counted(predicate.approvals),
        recordedAt: predicate.times.ended_at,
      };
    case reviewPredicateType:
      return {
        ...none,
        kind: 'review',
        contractId: predicate.contract?.id ?? '',
        status: 'signed',
        // Whoever signed last is whom it was recorded for.
        requestedBy: predicate.signers.at(-1) ?? '',
        recordedAt: predicate.signed_at,
      };
    case breakGlassPredicateType: {
      const { lets_run, review, broken_by, contract, stage } = predicate;
      const last = review ?? broken_by.at(-1);
      return {
        ...none,
        kind: 'break-glass',
        contractId: contract.id,
        replayId: lets_run.kind === 'replay' ? lets_run.id : undefined,
        status: stage,
        requestedBy: last?.by ?? '',
        recordedAt: last?.at ?? '',
      };
    }
  }
}

function replayListed(said: z.output<typeof replayPredicate>): ListedAs {
  return {
    kind: 'replay',
    contractId: said.contract.id,
    replayId: said.replay_id,
    status: said.status,
    confidence: said.confidence_status,
    agreement: said.agreement,
    coverageKind: said.coverage?.kind ?? null,
    eventsProcessed: said.events_processed,
    duplicatesSkipped: said.duplicates_skipped,
    projectionsChanged: said.status === 'finished' ? said.projections_changed.total : null,
    reconciliationFailures: said.reconciliation_failures,
    requestedBy: said.requested_by,
    approvedBy: counted(said.approvals),
    recordedAt: said.times.ended_at,
  };
}

function promotionListed(said: z.output<typeof promotionPredicate>): ListedAs {
  const found = said.comparisons.find(({ derivedState }) => derivedState === said.plan.derivedState)?.outcome;
  const isCut = said.attachments.some(({ of }) => of === 'comparisons');
  return {
    ...none,
    kind: 'promotion',
    contractId: said.plan.contract.id,
    replayId: said.plan.replay.id,
    status: promotionStatus[said.status],
    // One that the record shows the beginning of may have had it further on.
    agreement:
      found === undefined
        ? isCut
          ? undefined
          : null
        : found === 'could-not-compare'
          ? 'not-compared'
          : found,
    projectionsChanged: said.target === null ? null : said.keys_written,
    requestedBy: said.requested_by,
    approvedBy: counted(said.approvals),
    recordedAt: said.times.ended_at,
  };
}

/** In the words that all records have. */
const promotionStatus = {
  promoted: 'finished',
  refused: 'refused',
  failed: 'failed',
  withdrawn: 'cancelled',
} as const;
const stepStatus = {
  succeeded: 'finished',
  failed: 'failed',
  refused: 'refused',
  cancelled: 'cancelled',
  unknown: 'failed',
} as const;

function counted(
  approvals: readonly { readonly by: string; readonly verdict: string; readonly void: string | null }[],
): readonly string[] {
  const by = approvals
    .filter((each) => each.verdict === 'approved' && each.void === null)
    .map((each) => each.by);
  return [...new Set(by)].toSorted();
}

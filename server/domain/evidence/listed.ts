import { z } from 'zod';
import type { AgreementStatus, ConfidenceStatus } from '../replay/index.ts';
import { approvalPredicate } from './approval-predicate.schema.ts';
import { breakGlassPredicate } from './break-glass-predicate.schema.ts';
import {
  approvalPredicateType,
  breakGlassPredicateType,
  promotionPredicateType,
  type RecordStatus,
  replayPredicateType,
  reviewPredicateType,
  runbookStepPredicateType,
} from './predicate-types.ts';
import { promotionPredicate } from './promotion-predicate.schema.ts';
import type { EvidenceKind } from './record.ts';
import { replayPredicate } from './replay-predicate.schema.ts';
import { reviewPredicate } from './review-predicate.schema.ts';
import { runbookStepPredicate } from './runbook-step-predicate.schema.ts';

/** What lists show a record by and find it by. undefined: its statement does not say. */
export type Listed = {
  readonly kind: EvidenceKind;
  /** Empty where it is of none, as a step of a runbook may be. */
  readonly contractId: string;
  /** null: it is of no replay. Decisions about promotions do not say of which replay these are. */
  readonly replayId: string | null | undefined;
  readonly status: RecordStatus;
  readonly confidence: ConfidenceStatus | null;
  /** A promotion with very many comparisons does not show that of what was promoted. */
  readonly agreement: AgreementStatus | null | undefined;
  readonly coverageKind: 'whole' | 'part' | null;
  readonly eventsProcessed: number | null;
  readonly duplicatesSkipped: number | null;
  readonly projectionsChanged: number | null;
  readonly reconciliationFailures: number | null;
  readonly requestedBy: string;
  /** ISO 8601, to the millisecond. */
  readonly recordedAt: string;
  /** Whose approvals counted, each once. */
  readonly approvedBy: readonly string[];
  /** Made by a program for measuring. */
  readonly generated: boolean;
};

const named = z.object({ id: z.string() });
const ended = z.object({ ended_at: z.string() });
const approvals = z.array(
  z.object({ by: z.string(), verdict: z.string(), void: z.string().nullable().default(null) }),
);
const software = z.record(z.string(), z.unknown()).default({});

/** No more of a record than it is listed by: what else it says, a verifier reads. */
const statements = z.discriminatedUnion('predicateType', [
  z.object({
    predicateType: z.literal(replayPredicateType),
    predicate: z.object({
      ...replayPredicate.pick({
        replay_id: true,
        status: true,
        events_processed: true,
        duplicates_skipped: true,
        reconciliation_failures: true,
        confidence_status: true,
        agreement: true,
        requested_by: true,
      }).shape,
      contract: named,
      coverage: z.object({ kind: z.enum(['whole', 'part']) }).nullable(),
      projections_changed: z.object({ total: z.number() }),
      times: ended,
      approvals,
      software,
    }),
  }),
  z.object({
    predicateType: z.literal(promotionPredicateType),
    predicate: z.object({
      ...promotionPredicate.pick({ status: true, keys_written: true, requested_by: true }).shape,
      plan: z.object({ contract: named, replay: named, derivedState: z.string() }),
      target: z.object({}).nullable(),
      comparisons: z.array(z.object({ derivedState: z.string(), outcome: z.string() })),
      attachments: z.array(z.object({ of: z.string() })),
      times: ended,
      approvals,
      software,
    }),
  }),
  z.object({
    predicateType: z.literal(approvalPredicateType),
    predicate: z.object({
      ...approvalPredicate.pick({ decides: true, contract: true, verdict: true, by: true, decided_at: true })
        .shape,
    }),
  }),
  z.object({
    predicateType: z.literal(runbookStepPredicateType),
    predicate: z.object({
      ...runbookStepPredicate.pick({ contract_id: true, status: true, requested_by: true }).shape,
      times: ended,
      approvals,
      software,
    }),
  }),
  z.object({
    predicateType: z.literal(reviewPredicateType),
    predicate: z.object({
      ...reviewPredicate.pick({ contract: true, signers: true, signed_at: true }).shape,
    }),
  }),
  z.object({
    predicateType: z.literal(breakGlassPredicateType),
    predicate: z.object({
      ...breakGlassPredicate.pick({
        stage: true,
        lets_run: true,
        contract: true,
        broken_by: true,
        review: true,
      }).shape,
    }),
  }),
]);
type Said = z.output<typeof statements>;

/** What a statement has its record listed as, whichever kind it is; null: it is none, or does not say it. */
export function listedAs(json: unknown): Listed | null {
  const said = statements.safeParse(json);
  return said.success ? ofKind(said.data) : null;
}

function ofKind(said: Said): Listed {
  switch (said.predicateType) {
    case replayPredicateType:
      return ofReplay(said.predicate);
    case promotionPredicateType:
      return ofPromotion(said.predicate);
    case approvalPredicateType: {
      const { decides, contract, verdict, by, decided_at } = said.predicate;
      return plain('approval', contract.id, replayOf(decides), verdict, by, decided_at);
    }
    case runbookStepPredicateType: {
      const { contract_id, status, requested_by, times, ...rest } = said.predicate;
      const to = { succeeded: 'finished', unknown: 'failed' } as const;
      const came = status === 'succeeded' || status === 'unknown' ? to[status] : status;
      const listed = plain('runbook-step', contract_id ?? '', null, came, requested_by, times.ended_at);
      return { ...listed, ...ofPeople(rest) };
    }
    case reviewPredicateType: {
      const { contract, signers, signed_at } = said.predicate;
      return plain('review', contract?.id ?? '', null, 'signed', signers[0] ?? '', signed_at);
    }
    case breakGlassPredicateType: {
      const { stage, lets_run, contract, broken_by, review } = said.predicate;
      const last = review ?? broken_by[1] ?? { by: '', at: '' };
      return plain('break-glass', contract.id, replayOf(lets_run), stage, last.by, last.at);
    }
  }
}

type Predicate<T extends Said['predicateType']> = Extract<Said, { predicateType: T }>['predicate'];

function ofReplay(said: Predicate<typeof replayPredicateType>): Listed {
  const { contract, replay_id, status, requested_by, times } = said;
  return {
    ...plain('replay', contract.id, replay_id, status, requested_by, times.ended_at),
    ...ofPeople(said),
    confidence: said.confidence_status,
    agreement: said.agreement,
    coverageKind: said.coverage?.kind ?? null,
    eventsProcessed: said.events_processed,
    duplicatesSkipped: said.duplicates_skipped,
    projectionsChanged: status === 'finished' ? said.projections_changed.total : null,
    reconciliationFailures: said.reconciliation_failures,
  };
}

const promotionStatus = {
  promoted: 'finished',
  refused: 'refused',
  failed: 'failed',
  withdrawn: 'cancelled',
} as const;

function ofPromotion(said: Predicate<typeof promotionPredicateType>): Listed {
  const { plan, requested_by, times, target, keys_written } = said;
  const status = promotionStatus[said.status];
  return {
    ...plain('promotion', plan.contract.id, plan.replay.id, status, requested_by, times.ended_at),
    ...ofPeople(said),
    agreement: promotedAgreement(said),
    projectionsChanged: target === null ? null : keys_written,
  };
}

/** The state that was written against history over the promoted keys, as it was found afterwards. */
function promotedAgreement({
  plan,
  comparisons,
  attachments,
}: Predicate<typeof promotionPredicateType>): Listed['agreement'] {
  const outcome = comparisons.find(({ derivedState }) => derivedState === plan.derivedState)?.outcome;
  if (outcome === undefined) return attachments.some((part) => part.of === 'comparisons') ? undefined : null;
  return outcome === 'equal' || outcome === 'behind' || outcome === 'different' ? outcome : 'not-compared';
}

const replayOf = ({ kind, id }: { readonly kind: 'replay' | 'promotion'; readonly id: string }) =>
  kind === 'replay' ? id : undefined;

const ofPeople = (said: {
  readonly approvals: z.output<typeof approvals>;
  readonly software: z.output<typeof software>;
}): Pick<Listed, 'approvedBy' | 'generated'> => {
  const counted = said.approvals.filter((each) => each.verdict === 'approved' && each.void === null);
  return {
    approvedBy: [...new Set(counted.map(({ by }) => by))],
    generated: said.software.generated !== undefined,
  };
};

function plain(
  kind: EvidenceKind,
  contractId: string,
  replayId: Listed['replayId'],
  status: RecordStatus,
  requestedBy: string,
  at: string,
): Listed {
  const time = new Date(at);
  return {
    kind,
    contractId,
    replayId,
    status,
    confidence: null,
    agreement: null,
    coverageKind: null,
    eventsProcessed: null,
    duplicatesSkipped: null,
    projectionsChanged: null,
    reconciliationFailures: null,
    requestedBy,
    recordedAt: Number.isNaN(time.getTime()) ? at : time.toISOString(),
    approvedBy: [],
    generated: false,
  };
}

const programs = z.object({ predicate: z.object({ software }) });

/** Whether a statement says of itself that a program made it for measuring. */
export function isGenerated(statement: unknown): boolean {
  const said = programs.safeParse(statement);
  return said.success && said.data.predicate.software.generated !== undefined;
}

/** A row that lists a record, with the same names. Some rows have not all of them. */
export type ListedRow = { readonly [Name in keyof Listed]?: Listed[Name] | string | number };

/** What a row says otherwise than the statement, by name. What the statement does not say is let be. */
export function listedOtherwise(said: Listed, row: ListedRow): readonly (keyof Listed)[] {
  const names = Object.keys(row) as (keyof Listed)[];
  return names.filter((name) => said[name] !== undefined && textOf(said[name]) !== textOf(row[name]));
}

/** People who approved stand in no order. */
const textOf = (value: unknown): string =>
  JSON.stringify(Array.isArray(value) ? value.toSorted() : (value ?? null));

import type { z } from 'zod';
import { type breakGlassPredicate, incidentsNamedAtMost } from './break-glass-predicate.schema.ts';
import { breakGlassPredicateType, statementType } from './predicate-types.ts';
import type { Subject } from './record.ts';
import type { Remarks } from './remarks.ts';
import type { VerdictCheck } from './verdict-check.ts';

type Predicate = z.input<typeof breakGlassPredicate>;

/** What is known of broken glass when it breaks, or when its review is closed. People are internal ids; times ISO 8601. */
export type BreakGlassFacts = {
  readonly actId: string;
  readonly subject: {
    readonly kind: 'replay' | 'promotion';
    readonly id: string;
    readonly requestedBy: string;
  };
  readonly contract: { readonly id: string; readonly version: number };
  readonly planHash: string;
  /** Who began it, and who confirmed it. Why stands in the remarks. */
  readonly first: { readonly by: string; readonly at: string; readonly reason: string };
  readonly second: { readonly by: string; readonly at: string; readonly reason: string };
  /** null: this is about the review. */
  readonly approvals: { readonly needed: number; readonly counted: number } | null;
  /** Of the contract, open when the glass was broken: ids, the gravest first. */
  readonly incidents: readonly string[];
  readonly incidentsOpen: number;
  /** null: nobody has reviewed it yet. */
  readonly review: {
    readonly by: string;
    readonly at: string;
    readonly conclusion: string;
    readonly actRecord: { readonly id: string; readonly sha256: string } | null;
  } | null;
  /** SHA-256 of the remarks. */
  readonly remarksDigest: string;
};

type BreakGlassStatement = {
  readonly _type: typeof statementType;
  readonly subject: readonly Subject[];
  readonly predicateType: typeof breakGlassPredicateType;
  readonly predicate: Readonly<Predicate>;
};

/** The second person has so long, by the database. */
const WITHIN_MS = 15 * 60_000;

/**
 * The record that two people let something run without its approvals, or of the review of that, as an in-toto
 * Statement v1 about the hash of the plan. It quotes nobody. All of its parts are short, so it fits an entry.
 */
export function breakGlassRecord(facts: BreakGlassFacts): BreakGlassStatement {
  const { review, first, second, subject } = facts;
  const act = review?.actRecord ?? null;
  return {
    _type: statementType,
    subject: [
      { name: 'plan', digest: { sha256: facts.planHash } },
      ...(act === null ? [] : [{ name: 'break-glass', digest: { sha256: act.sha256 } }]),
    ],
    predicateType: breakGlassPredicateType,
    predicate: {
      act_id: facts.actId,
      stage: review === null ? 'broken' : 'reviewed',
      lets_run: { kind: subject.kind, id: subject.id, requested_by: subject.requestedBy },
      contract: { id: facts.contract.id, version: facts.contract.version },
      plan_hash: facts.planHash,
      broken_by: [first, second].map(({ by, at }) => ({ by, at })),
      approvals: facts.approvals,
      incidents_open: facts.incidentsOpen,
      incidents: facts.incidents.slice(0, incidentsNamedAtMost),
      review: review === null ? null : { by: review.by, at: review.at, act_record: act },
      remarks: { sha256: facts.remarksDigest },
      does_not_prove: doesNotProve(facts),
    },
  };
}

function doesNotProve({ subject, review, incidents, incidentsOpen }: BreakGlassFacts): string[] {
  const limits = [
    `That the ${subject.kind} has run, or how it ended: that is a record of its own.`,
    'That no approver could be had, or that it could not wait: two people have said so.',
    review === null
      ? 'That it was right, or that anybody has reviewed it: a review is a record of its own.'
      : 'That whoever reviewed it was right.',
  ];
  if (incidents.length > 0)
    limits.push('That it was for the incidents that it names: they were open for its contract at that time.');
  if (incidentsOpen > incidentsNamedAtMost)
    limits.push(`That these are all: ${incidentsOpen - incidentsNamedAtMost} more were open.`);
  return limits;
}

/** Why they broke it and what the review came to. It may name people, and can be taken away without the record. */
export function breakGlassRemarks(
  { first, second, review }: Pick<BreakGlassFacts, 'first' | 'second' | 'review'>,
  salt: string,
): Remarks {
  return {
    format: 'reprise.remarks/v1',
    salt,
    reason: review?.conclusion ?? '',
    failure: null,
    cancellation: null,
    authors: [],
    comparisons: {},
    invariants: {},
    breakGlass: [first.reason, second.reason],
  };
}

/** Whether what the record of broken glass says agrees with itself. */
export function checkBreakGlass(predicate: z.output<typeof breakGlassPredicate>): VerdictCheck {
  const problem = whyNot(predicate) ?? whyNoReview(predicate);
  return problem === null
    ? { outcome: 'passed', recomputed: null }
    : { outcome: 'failed', sentence: problem };
}

function whyNot({ broken_by, ...said }: z.output<typeof breakGlassPredicate>): string | null {
  const [first, second] = broken_by;
  if (first === undefined || second === undefined || first.by === second.by)
    return 'The record says that one person alone broke the glass.';
  const tookMs = Date.parse(second.at) - Date.parse(first.at);
  if (tookMs < 0) return 'The record says that the second person came before the first.';
  if (tookMs > WITHIN_MS)
    return 'The record says that the second person came later than a quarter of an hour.';
  if (new Set(said.incidents).size !== said.incidents.length)
    return 'The record names the same incident twice.';
  if (said.incidents.length !== Math.min(said.incidents_open, incidentsNamedAtMost))
    return 'The record counts other incidents than it names.';
  return null;
}

function whyNoReview({
  stage,
  review,
  approvals,
  ...said
}: z.output<typeof breakGlassPredicate>): string | null {
  if ((stage === 'reviewed') !== (review !== null) || (review === null) !== (approvals !== null))
    return `The record says ${stage}, and ${review === null ? 'names no review' : 'names a review'}.`;
  if (review === null) return null;
  if (said.broken_by.some(({ by }) => by === review.by) || said.lets_run.requested_by === review.by)
    return 'It was reviewed by one of the two who broke the glass, or by who asked for what ran.';
  if (said.broken_by.some(({ at }) => Date.parse(review.at) < Date.parse(at)))
    return 'The record says that it was reviewed before the glass was broken.';
  return null;
}

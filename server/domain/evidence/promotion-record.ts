import { z } from 'zod';
import { type PromotionPlan, type PromotionStatus, unknownCode } from '../promotion/index.ts';
import type { Comparison, InvariantResult } from '../reconciliation/index.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import type { Sha256 } from '../shared/digests.ts';
import { Cuts } from './cuts.ts';
import { countComparisons, countInvariants } from './outcome-counts.ts';
import { isOutcomeUnknown } from './outcome-unknown.ts';
import { promotionPredicateType, statementType } from './predicate-types.ts';
import { type Attachment, cutToFit, glassShown, type ReplayFacts, type Subject } from './record.ts';
import { problemsOf, type Remarks } from './remarks.ts';
import { comparisonsShown, invariantsShown } from './shown.ts';

/** What is known of a promotion when it ends, whichever way it ends. Positions are decimal text. */
export type PromotionFacts = {
  readonly promotionId: string;
  readonly status: Extract<PromotionStatus, 'promoted' | 'refused' | 'failed' | 'withdrawn'>;
  readonly failure: { readonly code: string; readonly sentence: string } | null;
  readonly plan: PromotionPlan;
  readonly planHash: string;
  readonly written: number;
  readonly alreadyRight: number;
  readonly changed: number;
  /** null where nothing was written. */
  readonly target: {
    readonly token: string;
    readonly appliedAt: string | null;
    readonly heldMs: number | null;
    readonly positions: Comparison['appliedPositions'];
  } | null;
  readonly after: {
    readonly comparisons: readonly Comparison[];
    readonly invariants: readonly InvariantResult[];
  } | null;
  readonly approvals: ReplayFacts['approvals'];
  readonly breakGlass: ReplayFacts['breakGlass'];
  readonly requestedBy: string;
  readonly reason: string;
  readonly requestedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string;
  readonly remarksDigest: string;
  /** SHA-256 of the rows, where keys and values stand. */
  readonly rowsDigest: string;
  readonly software: Readonly<Record<string, string>>;
};

const dearParts: ReadonlySet<string> = new Set(['comparisons', 'approvals']);

/**
 * The record of a promotion as an in-toto Statement v1. Like that of a replay it names no key, carries no value and
 * quotes nobody: which rows were written, and what they held before and after, stands beside it, and so do the remarks.
 */
export function promotionRecord(
  facts: PromotionFacts,
  sha256: Sha256,
): { readonly statement: object; readonly attachments: readonly Attachment[] } {
  const subject: Subject[] = [
    { name: 'promotion', digest: { sha256: facts.planHash } },
    { name: 'diff', digest: { sha256: facts.plan.diffDigest } },
    { name: 'shadow-state', digest: { sha256: facts.plan.replay.shadowDigest } },
  ];
  return cutToFit({
    cuts: new Cuts(dearParts),
    predicateOf: (cuts) => predicateOf(facts, cuts),
    statementOf: (predicate) => ({
      _type: statementType,
      subject,
      predicateType: promotionPredicateType,
      predicate,
    }),
    what: `promotion ${facts.promotionId}`,
    sha256,
  });
}

function predicateOf(facts: PromotionFacts, cuts: Cuts) {
  const { comparisons, invariants } = facts.after ?? { comparisons: [], invariants: [] };
  return {
    promotion_id: facts.promotionId,
    status: facts.status,
    failure: facts.failure === null ? null : { code: facts.failure.code },
    plan: facts.plan,
    plan_hash: facts.planHash,
    keys_written: facts.written,
    keys_already_right: facts.alreadyRight,
    keys_changed_since: facts.changed,
    target:
      facts.target === null
        ? null
        : { ...facts.target, positions: cuts.list('target.positions', facts.target.positions) },
    looked_at_again: facts.after !== null,
    comparisons: comparisonsShown(comparisons, cuts),
    comparison_outcomes: countComparisons(comparisons),
    invariants: invariantsShown(invariants, cuts),
    invariant_outcomes: countInvariants(invariants),
    approvals: cuts.list(
      'approvals',
      facts.approvals.map(({ reason: _, ...rest }) => rest),
    ),
    break_glass: glassShown(facts.breakGlass),
    requested_by: facts.requestedBy,
    remarks: { sha256: facts.remarksDigest },
    rows: { sha256: facts.rowsDigest },
    times: { requested_at: facts.requestedAt, started_at: facts.startedAt, ended_at: facts.endedAt },
    software: facts.software,
    does_not_prove: doesNotProve(facts),
  };
}

function doesNotProve(facts: PromotionFacts): readonly string[] {
  const limits = [
    'That any key or field but those that were approved is right.',
    'That the rows still hold what was written: the projector has gone on since.',
  ];
  if (facts.changed > 0)
    limits.push(
      `Anything about ${facts.changed} of its keys: what stood there was not what had been approved.`,
    );
  if (facts.breakGlass !== null)
    limits.push('That it was approved: two people let it run without its approvals.');
  if (facts.failure?.code === unknownCode)
    limits.push(
      'That nothing was written, or that anything was: nobody could ask the target, and it may hold all of it.',
    );
  if (facts.after === null) limits.push('That the derived states agree: nothing was looked at again.');
  return limits;
}

/** Under this name the rows of a promotion are attached to its record. */
export const rowsName = 'rows';

/**
 * What was approved of each row, and what it held before and after. Values may be hidden, so this is not read with the
 * record. It can be taken away without touching the record, and the salt keeps a value from being guessed by its digest.
 */
export function promotionRowsText(rows: readonly unknown[], salt: string): string {
  return canonicalJson({ format: 'reprise.promotion-rows/v1', salt, rows });
}

/** What was said in words: it may name people, and can be taken away without touching the record. */
export function promotionRemarks(
  facts: Omit<PromotionFacts, 'remarksDigest' | 'rowsDigest'>,
  salt: string,
): Remarks {
  const { comparisons, invariants } = facts.after ?? { comparisons: [], invariants: [] };
  return {
    format: 'reprise.remarks/v1',
    salt,
    reason: facts.reason,
    failure: facts.failure?.sentence ?? null,
    cancellation: null,
    authors: [],
    ...(facts.approvals.length > 0 ? { approvals: facts.approvals.map(({ reason }) => reason) } : {}),
    comparisons: problemsOf(comparisons.map((each) => [each.derivedState, each.problem])),
    invariants: problemsOf(invariants.map((each) => [each.name, each.problem])),
    ...(facts.breakGlass === null ? {} : { breakGlass: facts.breakGlass.reasons }),
  };
}

const count = z.number().int().min(0);
const recordSchema = z.object({
  predicateType: z.literal(promotionPredicateType),
  subject: z.array(z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) })),
  predicate: z.object({
    status: z.enum(['promoted', 'refused', 'failed', 'withdrawn']),
    plan: z.object({
      keys: count,
      approvalsNeeded: z.number().int().min(1),
      diffDigest: z.string(),
      replay: z.object({ shadowDigest: z.string() }),
    }),
    plan_hash: z.string(),
    target: z.object({ token: z.string() }).nullable(),
    keys_written: count,
    keys_already_right: count,
    keys_changed_since: count,
    requested_by: z.string(),
    approvals: z.array(z.object({ by: z.string(), verdict: z.string(), void: z.string().nullable() })),
    break_glass: z
      .object({ by: z.array(z.string()) })
      .nullable()
      .default(null),
    attachments: z.array(z.object({ of: z.string(), count })).default([]),
  }),
});

export const isPromotionRecord = (statement: unknown): boolean =>
  z.object({ predicateType: z.literal(promotionPredicateType) }).safeParse(statement).success;

/**
 * `by`: what it passed by. Approvals are asked of what was written alone, and not of what two people let run without;
 * `outcome-unknown`: nobody can tell whether it was written.
 */
export type PromotionCheck =
  | {
      readonly outcome: 'passed';
      readonly by: 'approvals' | 'broken-glass' | 'nothing-written' | 'outcome-unknown';
    }
  | { readonly outcome: 'failed'; readonly sentence: string };

/** Whether what a promotion's record says follows from its own other fields: who approved, and what was written. */
export function checkPromotion(statement: unknown): PromotionCheck {
  const parsed = recordSchema.safeParse(statement);
  if (!parsed.success)
    return {
      outcome: 'failed',
      sentence: `The record lacks what it has to say of a promotion: ${z.prettifyError(parsed.error)}`,
    };
  const { subject, predicate } = parsed.data;
  const failed = (sentence: string): PromotionCheck => ({ outcome: 'failed', sentence });
  const told = predicate.keys_written + predicate.keys_already_right + predicate.keys_changed_since;
  const names = namedBy(predicate);
  for (const { name, digest } of subject)
    if (names[name] !== digest.sha256) return failed(`Its subject ${name} is not what its plan names.`);
  if (predicate.status !== 'promoted')
    return predicate.keys_written === 0
      ? { outcome: 'passed', by: isOutcomeUnknown(statement) ? 'outcome-unknown' : 'nothing-written' }
      : failed(`The record says that it ${predicate.status}, and that rows were written.`);
  if (predicate.target === null)
    return failed('The record says promoted, and not what was done in the target.');
  if (told !== predicate.plan.keys)
    return failed(`The plan names ${predicate.plan.keys} keys, and the record says what became of ${told}.`);
  if (predicate.keys_written === 0 && predicate.keys_changed_since > 0)
    return failed('The record says promoted, and that nothing of it was written or right.');
  // Two people together may let it be written without, and the record says who.
  if (new Set(predicate.break_glass?.by).size >= 2) return { outcome: 'passed', by: 'broken-glass' };
  const problem = whyNotApproved(predicate);
  return problem === null ? { outcome: 'passed', by: 'approvals' } : failed(problem);
}

type RecordFields = z.infer<typeof recordSchema>['predicate'];

const namedBy = ({ plan, plan_hash }: RecordFields): Readonly<Record<string, string>> => ({
  promotion: plan_hash,
  diff: plan.diffDigest,
  'shadow-state': plan.replay.shadowDigest,
});

/** What was taken back or ran out before it was written counts for nothing, and neither does the requester. */
function whyNotApproved(predicate: RecordFields): string | null {
  const { approvals, attachments, requested_by, plan } = predicate;
  const standing = approvals.filter((each) => each.void === null);
  if (standing.some((each) => each.verdict === 'rejected'))
    return 'The record says promoted, and that somebody rejected it.';
  const others = standing.filter((each) => each.verdict === 'approved' && each.by !== requested_by);
  const approvers = new Set(others.map(({ by }) => by)).size;
  // A record too long for its leaf shows only the first of them, and says how many there are.
  const unseen = (attachments.find((each) => each.of === 'approvals')?.count ?? 0) - approvals.length;
  if (approvers + Math.max(0, unseen) >= plan.approvalsNeeded) return null;
  return `The plan needs ${plan.approvalsNeeded} approvals by others than the requester, and the record has ${approvers}.`;
}

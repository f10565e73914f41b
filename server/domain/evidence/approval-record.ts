import type { z } from 'zod';
import type { approvalPredicate } from './approval-predicate.schema.ts';
import { approvalPredicateType, statementType } from './predicate-types.ts';
import type { Subject } from './record.ts';
import type { Remarks } from './remarks.ts';
import type { VerdictCheck } from './verdict-check.ts';

/** What is known of a decision when it is made. People are internal ids; times are ISO 8601. */
export type ApprovalFacts = {
  readonly decisionId: string;
  readonly subject: { readonly kind: 'replay' | 'promotion'; readonly id: string };
  readonly contract: { readonly id: string; readonly version: number };
  readonly planHash: string;
  readonly verdict: 'approved' | 'rejected';
  readonly by: string;
  readonly decidedAt: string;
  readonly expiresAt: string;
  /** Different people's approvals: those that the plan needs, and those that counted with this one. */
  readonly approvals: { readonly needed: number; readonly counted: number };
  /** In words; it stands in the remarks. */
  readonly reason: string;
  /** SHA-256 of the remarks. */
  readonly remarksDigest: string;
  /** Who had let it run without its approvals by then; null where nobody had. */
  readonly breakGlass: { readonly incident: string; readonly by: readonly string[] } | null;
};

type ApprovalStatement = {
  readonly _type: typeof statementType;
  readonly subject: readonly Subject[];
  readonly predicateType: typeof approvalPredicateType;
  readonly predicate: Readonly<z.input<typeof approvalPredicate>>;
};

/**
 * The record of a decision about a replay or a promotion as an in-toto Statement v1 about the hash of its plan. Like
 * every record it quotes nobody. All of its parts are short, so it always fits an entry of the log.
 */
export function approvalRecord(facts: ApprovalFacts): ApprovalStatement {
  const { breakGlass } = facts;
  return {
    _type: statementType,
    subject: [{ name: 'plan', digest: { sha256: facts.planHash } }],
    predicateType: approvalPredicateType,
    predicate: {
      decision_id: facts.decisionId,
      decides: { kind: facts.subject.kind, id: facts.subject.id },
      contract: { id: facts.contract.id, version: facts.contract.version },
      plan_hash: facts.planHash,
      verdict: facts.verdict,
      by: facts.by,
      decided_at: facts.decidedAt,
      expires_at: facts.expiresAt,
      approvals: { needed: facts.approvals.needed, counted: facts.approvals.counted },
      break_glass: breakGlass === null ? null : { incident: breakGlass.incident, by: [...breakGlass.by] },
      remarks: { sha256: facts.remarksDigest },
      does_not_prove: doesNotProve(facts),
    },
  };
}

function doesNotProve({ verdict, approvals, breakGlass, subject }: ApprovalFacts): string[] {
  const limits = [
    `That the ${subject.kind} has run, or how it ended: that is a record of its own.`,
    'That the decision still counts: it may have been taken back since, and it runs out.',
    'That whoever decided was right.',
  ];
  const { needed, counted } = approvals;
  if (verdict === 'approved' && counted < needed)
    limits.push(`That it had enough approvals: ${counted} of ${needed} counted with this one.`);
  if (breakGlass !== null)
    limits.push('That it ran by its approvals: people had let it run without them before this decision.');
  return limits;
}

/** Why somebody decided as they did. It may name people, and can be taken away without touching the record. */
export function approvalRemarks({ reason }: Pick<ApprovalFacts, 'reason'>, salt: string): Remarks {
  return {
    format: 'reprise.remarks/v1',
    salt,
    reason,
    failure: null,
    cancellation: null,
    authors: [],
    comparisons: {},
    invariants: {},
  };
}

/** Whether what the record of a decision says agrees with itself. */
export function checkApproval(predicate: z.output<typeof approvalPredicate>): VerdictCheck {
  const failed = (sentence: string): VerdictCheck => ({ outcome: 'failed', sentence });
  if (Date.parse(predicate.expires_at) <= Date.parse(predicate.decided_at))
    return failed('The decision had run out when it was made.');
  if (predicate.verdict === 'approved' && predicate.approvals.counted === 0)
    return failed('The record says approved, and that no approval counted.');
  return { outcome: 'passed', recomputed: null };
}

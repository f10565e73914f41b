import type { z } from 'zod';
import type { EndedAttempt, Touches } from '../runbook/index.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import { runbookStepPredicateType, statementType } from './predicate-types.ts';
import type { ReplayFacts, Subject } from './record.ts';
import type { Remarks } from './remarks.ts';
import type { runbookStepPredicate } from './runbook-step-predicate.schema.ts';
import type { VerdictCheck } from './verdict-check.ts';

/** What is known of an attempt when it ends, whichever way it ends. People are internal ids; times are ISO 8601. */
export type RunbookStepFacts = {
  readonly attemptId: string;
  readonly runId: string;
  readonly incidentId: string | null;
  readonly contractId: string | null;
  readonly runbook: { readonly id: string; readonly digest: string };
  readonly step: string;
  readonly action: string;
  readonly touches: Touches;
  readonly status: EndedAttempt;
  readonly failure: { readonly code: string; readonly sentence: string } | null;
  /** Why it was called off, in words; null where it was not. */
  readonly cancellation: string | null;
  readonly planHash: string;
  readonly approvalsNeeded: number;
  readonly approvals: ReplayFacts['approvals'];
  readonly requestedBy: string;
  readonly tries: number;
  readonly outputLines: number;
  readonly requestedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string;
  readonly resultDigest: string;
  readonly remarksDigest: string;
  readonly software: Readonly<Record<string, string>>;
};

type RunbookStepStatement = {
  readonly _type: typeof statementType;
  readonly subject: readonly Subject[];
  readonly predicateType: typeof runbookStepPredicateType;
  readonly predicate: Readonly<z.input<typeof runbookStepPredicate>>;
};

/**
 * The record of one time that a step's action was asked for, as an in-toto Statement v1 about the hash of what was
 * asked for. It names no key, carries no value and quotes nobody. All of its parts are short, so it fits an entry.
 */
export function runbookStepRecord(facts: RunbookStepFacts): RunbookStepStatement {
  return {
    _type: statementType,
    subject: [
      { name: 'plan', digest: { sha256: facts.planHash } },
      { name: 'runbook', digest: { sha256: facts.runbook.digest } },
    ],
    predicateType: runbookStepPredicateType,
    predicate: {
      attempt_id: facts.attemptId,
      run_id: facts.runId,
      incident_id: facts.incidentId,
      contract_id: facts.contractId,
      runbook: { id: facts.runbook.id, digest: facts.runbook.digest },
      step: facts.step,
      action: facts.action,
      touches: facts.touches,
      status: facts.status,
      failure: facts.failure === null ? null : { code: facts.failure.code },
      plan_hash: facts.planHash,
      approvals_needed: facts.approvalsNeeded,
      approvals: facts.approvals.map(({ reason: _, ...rest }) => rest),
      requested_by: facts.requestedBy,
      tries: facts.tries,
      output_lines: facts.outputLines,
      result: { sha256: facts.resultDigest },
      remarks: { sha256: facts.remarksDigest },
      times: { requested_at: facts.requestedAt, started_at: facts.startedAt, ended_at: facts.endedAt },
      software: facts.software,
      does_not_prove: doesNotProve(facts),
    },
  };
}

function doesNotProve({ status, touches, tries }: RunbookStepFacts): string[] {
  const limits = ['That the step was the right one to do.'];
  if (status === 'succeeded')
    limits.push('That what it found or changed is still so: that may have gone on since.');
  if (status === 'unknown') limits.push('That anything was done, or that nothing was: nobody could tell.');
  if (status === 'failed' && touches === 'outside') limits.push('That nothing was changed before it failed.');
  if (tries > 1) limits.push('That one worker did all of it: several took it up.');
  return limits;
}

/** Under this name what was asked for and what came of it is attached to the record of a step. */
export const resultName = 'result';

/** It may hold keys, so it can be taken away without touching the record; the salt keeps it from being guessed. */
export function runbookResultText(result: Readonly<Record<string, unknown>>, salt: string): string {
  return canonicalJson({ format: 'reprise.runbook-result/v1', salt, ...result });
}

export function runbookStepRemarks(
  { failure, cancellation, approvals }: Pick<RunbookStepFacts, 'failure' | 'cancellation' | 'approvals'>,
  salt: string,
): Remarks {
  return {
    format: 'reprise.remarks/v1',
    salt,
    reason: '',
    failure: failure?.sentence ?? null,
    cancellation,
    authors: [],
    ...(approvals.length > 0 ? { approvals: approvals.map(({ reason }) => reason) } : {}),
    comparisons: {},
    invariants: {},
  };
}

/** Whether what the record of a step says agrees with itself. */
export function checkRunbookStep(predicate: z.output<typeof runbookStepPredicate>): VerdictCheck {
  const failed = (sentence: string): VerdictCheck => ({ outcome: 'failed', sentence });
  const { status, times, approvals, approvals_needed: needed, tries } = predicate;
  const done = status === 'succeeded' || status === 'unknown';
  const counted = new Set(
    approvals
      .filter(
        ({ verdict, void: why, by }) =>
          verdict === 'approved' && why === null && by !== predicate.requested_by,
      )
      .map(({ by }) => by),
  ).size;
  if (times.started_at === null && (done || tries > 0))
    return failed('The record says that it was done, and never that anybody began.');
  // What was begun by a worker that was lost can wait for approval anew, and end without.
  const ran = done || status === 'failed';
  if (times.started_at !== null && ran && counted < needed)
    return failed(`The record says that it was begun, and that ${counted} of ${needed} approvals counted.`);
  if ((status === 'succeeded') !== (predicate.failure === null))
    return failed(
      status === 'succeeded'
        ? 'The record says that it succeeded, and names a failure.'
        : `The record says ${status}, and names no reason.`,
    );
  if (Date.parse(times.ended_at) < Date.parse(times.started_at ?? times.requested_at))
    return failed('The record says that it ended before it began.');
  return { outcome: 'passed', recomputed: null };
}

import {
  type RunbookStepFacts,
  remarksName,
  remarksText,
  resultName,
  runbookResultText,
  runbookStepRecord,
  runbookStepRemarks,
  statementText,
} from '../../domain/evidence/index.ts';
import type { EndedAttempt, Outputs } from '../../domain/runbook/index.ts';
import { counted } from '../../domain/shared/counted.ts';
import { recordEvidence } from '../evidence/record-evidence.ts';
import type { ActionResult } from '../ports/runbook-actions.ts';
import type { AttemptRow, RunRow } from '../ports/runs.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { decisionsIn } from '../replay/write-evidence.ts';
import { type EndDeps, noteInIncident, tellRun } from './deps.ts';
import { escaped } from './keepable.ts';

export type AttemptEnding = {
  readonly status: EndedAttempt;
  /** null: it succeeded. */
  readonly code: string | null;
  readonly sentence: string;
  /** Who ends it: a person, or Reprise itself. */
  readonly actor: string;
  /** What came of it. */
  readonly result?: Pick<ActionResult, 'shown' | 'links'> & { readonly outputs: Outputs };
};

const nothing = { outputs: {}, shown: [], links: [] } as const;

/** Ends an attempt, whichever way: its evidence, its row, its audit row and its line in the incident, together. */
export async function endAttempt(
  deps: EndDeps,
  tx: Transaction,
  run: RunRow,
  found: AttemptRow,
  given: AttemptEnding,
): Promise<void> {
  const ending = kept(given);
  // As it stands by now: who called it off, and how often it was taken up.
  const attempt = (await deps.attempts.find(tx, found.id)) ?? found;
  const result = ending.result ?? nothing;
  const { id: evidenceId, contractId } = await record(deps, tx, run, attempt, ending);
  const { status, sentence, code } = ending;
  await deps.attempts.end(tx, attempt.id, { status, sentence, code, ...result, evidenceId });
  await deps.audit.append(tx, {
    actor: ending.actor,
    action: `runbook-step.${status}`,
    subject: `runbook-attempt:${attempt.id}`,
    outcome: status === 'refused' ? 'refused' : 'done',
    detail: {
      run: run.id,
      step: attempt.step,
      action: attempt.action,
      planHash: attempt.planHash,
      evidenceId,
      ...(code === null ? {} : { code }),
    },
  });
  if (run.incidentId !== null) await deps.incidents.linkEvidence(tx, run.incidentId, evidenceId, 'reprise');
  await noteInIncident(deps, tx, run, {
    actor: attempt.requestedBy,
    did: status,
    // What it found may name a key, which nobody could erase here: it stands with the attempt.
    text: `${attempt.title}: ${status}`,
    detail: { step: attempt.step, attempt: attempt.id, action: attempt.action },
    evidenceId,
  });
  if (code === 'approval-rejected' || attempt.approvalsNeeded > 0)
    await tellOfAttempt(deps, tx, run, attempt, {
      kind: code === 'approval-rejected' ? 'rejected' : 'ended',
      audience: attempt.startedAt === null ? ['requester', 'told'] : ['requester'],
      ...(ending.actor === 'reprise' ? {} : { except: [ending.actor] }),
    });
  await tellRun(deps, tx, run, ['evidence', 'approvals', ...(contractId === '' ? [] : ['contracts'])]);
}

/** An action may say whatever it has read: that its words can't be kept as they are must not lose its end. */
function kept(given: AttemptEnding): AttemptEnding {
  const { value, count } = escaped(given);
  if (count === 0) return given;
  const text = `${counted(count, 'character')} that can’t be kept ${count === 1 ? 'is' : 'are'} shown as ${count === 1 ? 'its code' : 'their codes'}, such as \\u0000.`;
  const result = value.result ?? nothing;
  return { ...value, result: { ...result, shown: [...result.shown, { kind: 'text', text }] } };
}

async function record(
  deps: EndDeps,
  tx: Transaction,
  run: RunRow,
  attempt: AttemptRow,
  ending: AttemptEnding,
): Promise<{ readonly id: string; readonly contractId: string }> {
  const decisions = (await deps.attempts.decisions(tx, [attempt.id])).get(attempt.id) ?? [];
  const output = await deps.attempts.linesDigest(tx, attempt.id);
  const contractId = contractOf(attempt) ?? run.contractId;
  // Of rounded instants none is before another that it follows.
  const instants = [await deps.runs.now(tx), attempt.startedAt ?? attempt.requestedAt];
  const now = new Date(Math.max(...instants.map((at) => at.getTime())));
  const gathered: Omit<RunbookStepFacts, 'resultDigest' | 'remarksDigest'> = {
    attemptId: attempt.id,
    runId: run.id,
    incidentId: run.incidentId,
    contractId,
    runbook: { id: run.runbookId, digest: run.digest },
    step: attempt.step,
    action: attempt.action,
    touches: attempt.touches,
    status: ending.status,
    failure: ending.code === null ? null : { code: ending.code, sentence: ending.sentence },
    cancellation: attempt.cancelReason,
    planHash: attempt.planHash,
    approvalsNeeded: attempt.approvalsNeeded,
    approvals: decisionsIn(decisions, attempt.planHash),
    requestedBy: attempt.requestedBy,
    tries: attempt.tries,
    outputLines: output.lines,
    requestedAt: attempt.requestedAt.toISOString(),
    startedAt: attempt.startedAt?.toISOString() ?? null,
    endedAt: now.toISOString(),
    software: deps.software,
  };
  const remarks = remarksText(runbookStepRemarks(gathered, deps.newId()));
  const result = runbookResultText(
    {
      plan: JSON.parse(attempt.plan) as unknown,
      preview: attempt.preview,
      sentence: ending.sentence,
      output,
      ...(ending.result ?? nothing),
    },
    deps.newId(),
  );
  const [remarksDigest, resultDigest] = [deps.sha256(remarks), deps.sha256(result)];
  const text = statementText(runbookStepRecord({ ...gathered, remarksDigest, resultDigest }));
  const id = deps.newId();
  await recordEvidence(deps, tx, { id, text }, [
    { name: remarksName, text: remarks, sha256: remarksDigest },
    { name: resultName, text: result, sha256: resultDigest },
  ]);
  return { id, contractId: contractId ?? '' };
}

/** The contract that the action itself was asked about. */
function contractOf({ plan }: Pick<AttemptRow, 'plan'>): string | null {
  const { params } = JSON.parse(plan) as { readonly params?: { readonly contract?: unknown } };
  return typeof params?.contract === 'string' ? params.contract : null;
}

/** Tells those concerned, in the transaction in which it becomes so. */
export function tellOfAttempt(
  deps: Pick<EndDeps, 'notices'>,
  tx: Transaction,
  run: Pick<RunRow, 'id'>,
  attempt: Pick<AttemptRow, 'id' | 'requestedBy' | 'plan'>,
  telling: Pick<Parameters<EndDeps['notices']['tell']>[1], 'kind' | 'audience' | 'why' | 'except'>,
): Promise<void> {
  return deps.notices.tell(tx, {
    ...telling,
    subject: { kind: 'runbook-run', id: run.id },
    // Whoever wrote the newest version has no say in it, as the database decides it too.
    contractId: contractOf(attempt) ?? '',
    contractVersion: 0,
    requestedBy: attempt.requestedBy,
    attempt: attempt.id,
  });
}

import { type Decision, standingOf, whyNotDecide } from '../../domain/approval/index.ts';
import { canonicalJson } from '../../domain/shared/canonical-json.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { APPROVAL_HOURS } from '../approval/decide-replay.ts';
import { refuseLost, refuseStale } from '../approval/refuse-stale.ts';
import type { AttemptRow, RunRow } from '../ports/runs.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { conflict, jobOf, type RunDeps, tellRun } from './deps.ts';
import { endAttempt, tellOfAttempt } from './end-attempt.ts';
import { paramsTo, type Reader, shownTo } from './show.ts';

export type AttemptDecision = {
  readonly attemptId: string;
  /** Of what was looked at. */
  readonly planHash: string;
  readonly verdict: Decision['verdict'];
  readonly reason: string;
  readonly personId: string;
  /** null: a token asks, and deciding is for somebody who is there. */
  readonly sessionId: string | null;
};

async function held(
  deps: RunDeps,
  tx: Transaction,
  attemptId: string,
): Promise<{ readonly attempt: AttemptRow; readonly run: RunRow }> {
  // The run first, as whoever acts in it does: two who hold both wait for one another, and not in a ring.
  const found = await deps.attempts.find(tx, attemptId);
  const run = found === null ? null : await deps.runs.lock(tx, found.runId);
  const attempt = run === null ? null : await deps.attempts.lock(tx, attemptId);
  if (attempt === null || run === null)
    throw new RepriseError('runbook-not-found', `There is no attempt ${attemptId} of a step.`);
  return { attempt, run };
}

/** Approves or rejects exactly what was looked at. With the last approval it is queued, with a rejection it ends. */
export function decideAttempt(
  deps: RunDeps,
  request: AttemptDecision,
): Promise<{ readonly status: AttemptRow['status'] }> {
  return deps.unitOfWork.run(async (tx) => {
    const { attempt, run } = await held(deps, tx, request.attemptId);
    await deps.attempts.holdPerson(tx, request.personId);
    await refuseStale(deps, tx, request.sessionId);
    await deps.attempts.voidExpired(tx, attempt.id, request.personId);
    await refuseUnfit(deps, tx, attempt, request);
    const made = {
      id: deps.newId(),
      attemptId: attempt.id,
      planHash: request.planHash,
      personId: request.personId,
      verdict: request.verdict,
      reason: request.reason.trim(),
      hours: APPROVAL_HOURS,
    };
    await deps.attempts.decide(tx, made);
    await deps.audit.append(tx, {
      actor: request.personId,
      action: `runbook-step.${request.verdict}`,
      subject: `runbook-attempt:${attempt.id}`,
      outcome: 'done',
      detail: { run: run.id, step: attempt.step, decision: made.id, planHash: made.planHash },
    });
    const status = await follow(deps, tx, run, attempt, request);
    await tellRun(deps, tx, run, ['approvals']);
    return { status };
  });
}

async function refuseUnfit(
  deps: RunDeps,
  tx: Transaction,
  attempt: AttemptRow,
  request: AttemptDecision,
): Promise<void> {
  if (attempt.status !== 'awaiting-approval')
    throw conflict(`It does not wait for approval: it is ${attempt.status}.`);
  if (attempt.planHash !== request.planHash)
    throw conflict('This is not what waits for approval: read what does.');
  if (request.reason.trim() === '')
    throw new RepriseError('input-invalid', 'A decision has a reason.', { where: 'reason' });
  const person = await deps.people.find(tx, request.personId);
  if (person === null) throw conflict('Who decides is not known any more.');
  const decisions = (await deps.attempts.decisions(tx, [attempt.id])).get(attempt.id) ?? [];
  const { preview, params } = JSON.parse(attempt.plan) as {
    readonly preview?: unknown;
    readonly params?: Params;
  };
  const asked = requestOf(attempt, authorsOf(params, await deps.runs.authors(tx)));
  const why = whyNotDecide(person, asked, decisions, await deps.runs.now(tx));
  if (why !== null) throw new RepriseError('forbidden', why);
  if (preview === undefined || canonicalJson(preview) !== canonicalJson(attempt.preview))
    throw conflict('What is shown of it is not what its hash is over: cancel it, and look at it once more.');
}

type Params = Readonly<Record<string, unknown>>;

/** Whoever wrote the newest version of the contract that it is about has no hand in it. */
export function authorsOf(
  params: Params | undefined,
  authors: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  return typeof params?.contract === 'string' ? (authors.get(params.contract) ?? []) : [];
}

export const requestOf = (
  attempt: Pick<AttemptRow, 'planHash' | 'requestedBy' | 'approvalsNeeded'>,
  authors: readonly string[],
) => ({
  planHash: attempt.planHash,
  requestedBy: attempt.requestedBy,
  approvalsNeeded: attempt.approvalsNeeded,
  authors,
});

async function follow(
  deps: RunDeps,
  tx: Transaction,
  run: RunRow,
  attempt: AttemptRow,
  { verdict, personId }: AttemptDecision,
): Promise<AttemptRow['status']> {
  if (verdict === 'rejected') {
    await endAttempt(deps, tx, run, attempt, {
      status: 'refused',
      code: 'approval-rejected',
      sentence: 'An approver has rejected it, so nothing was done.',
      actor: personId,
    });
    return 'refused';
  }
  // By the database, whose clock every approval runs out by, and which refuses the queue to what is not approved.
  if (!(await deps.attempts.isApproved(tx, attempt.id))) return 'awaiting-approval';
  await deps.attempts.setStatus(tx, attempt.id, 'queued');
  await deps.jobs.send(tx, [jobOf(attempt)]);
  await tellOfAttempt(deps, tx, run, attempt, { kind: 'approved', audience: ['requester'] });
  return 'queued';
}

/** Calls off what waits or is queued; what is being done is asked to stop, and ends by itself. */
export function cancelAttempt(
  deps: RunDeps,
  request: { readonly attemptId: string; readonly personId: string; readonly reason: string },
): Promise<{ readonly status: AttemptRow['status'] }> {
  return deps.unitOfWork.run(async (tx) => {
    const { attempt, run } = await held(deps, tx, request.attemptId);
    await refuseLost(deps, tx, request.personId, 'respond');
    const { status } = attempt;
    if (attempt.endedAt !== null) throw conflict(`It has ended: it is ${status}.`);
    if (attempt.cancelledBy !== null) throw conflict('It is being cancelled already.');
    const reason = request.reason.trim();
    await deps.attempts.askCancel(tx, attempt.id, request.personId, reason);
    await deps.audit.append(tx, {
      actor: request.personId,
      action: 'runbook-step.cancel-asked',
      subject: `runbook-attempt:${attempt.id}`,
      outcome: 'done',
      detail: { run: run.id, step: attempt.step },
    });
    // What has begun, and waits for another worker, is called off by that one.
    if (status === 'running' || attempt.changingSince !== null) {
      await tellRun(deps, tx, run);
      return { status };
    }
    await endAttempt(deps, tx, run, attempt, {
      status: 'cancelled',
      code: 'cancelled',
      sentence: 'It was called off before it began.',
      actor: request.personId,
    });
    return { status: 'cancelled' };
  });
}

/** What waits for the reader's decision, and whether they may decide. */
export async function readWaitingAttempts(
  deps: Pick<RunDeps, 'unitOfWork'> & {
    readonly attempts: Pick<RunDeps['attempts'], 'waiting'>;
    readonly runs: Pick<RunDeps['runs'], 'now' | 'authors'>;
  },
  reader: Reader,
) {
  const { now, authors, waiting } = await deps.unitOfWork.run(async (tx) => ({
    now: await deps.runs.now(tx),
    authors: await deps.runs.authors(tx),
    waiting: await deps.attempts.waiting(tx, 200),
  }));
  return waiting.map(({ decisions, requestedAt, params, ...shown }) => {
    const request = requestOf(shown, authorsOf(params, authors));
    return {
      ...shown,
      preview: shownTo(reader, shown.preview),
      params: paramsTo(reader, shown.action, params),
      requestedAt: requestedAt.toISOString(),
      standing: standingOf(request, decisions, now),
      whyNot: whyNotDecide(reader, request, decisions, now),
    };
  });
}

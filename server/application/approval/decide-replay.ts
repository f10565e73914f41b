import { type Decision, standingOf, whyNotDecide } from '../../domain/approval/index.ts';
import { evolveReplay } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { FRESH_MINUTES } from '../people/govern.ts';
import type { PeopleStore } from '../ports/people.ts';
import type { ReplayRow } from '../ports/replay-store.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { CommandDeps } from '../replay/deps.ts';
import { foldJobs } from '../replay/launch-replay.ts';
import { endReplay } from '../replay/write-evidence.ts';

export type ApprovalDeps = CommandDeps & { readonly people: PeopleStore };

/** An approval that nothing has run by after so long counts no more. */
export const APPROVAL_HOURS = 24;

export type DecisionRequest = {
  readonly replayId: string;
  /** Of the plan that was looked at. */
  readonly planHash: string;
  readonly verdict: Decision['verdict'];
  readonly reason: string;
  readonly personId: string;
  /** null: a token asks, and deciding is for somebody who is there. */
  readonly sessionId: string | null;
};

export type Decided = {
  readonly status: 'waiting' | 'queued' | 'refused';
  readonly given: number;
  readonly needed: number;
};

/**
 * Approves or rejects exactly the plan that was looked at. With the last approval that is needed the replay is
 * queued, with a rejection it ends as refused: in the transaction of the decision, so that there is none without
 * its consequence.
 */
export function decideReplay(deps: ApprovalDeps, request: DecisionRequest): Promise<Decided> {
  return deps.unitOfWork.run(async (tx) => {
    const row = await deps.replays.lock(tx, request.replayId);
    if (row === null) throw new RepriseError('replay-not-found', `There is no replay ${request.replayId}.`);
    await refuseStale(deps, tx, request.sessionId);
    await deps.approvals.voidExpired(tx, row.id, request.personId);
    const decisions = await deps.approvals.of(tx, row.id);
    const plan = await refuseUnfit(deps, tx, row, request, decisions);
    const made = {
      id: deps.newId(),
      personId: request.personId,
      planHash: request.planHash,
      verdict: request.verdict,
      reason: request.reason.trim(),
    };
    await deps.approvals.insert(tx, {
      ...made,
      replayId: row.id,
      contractId: row.contractId,
      hours: APPROVAL_HOURS,
    });
    const standing = standingOf(plan, await deps.approvals.of(tx, row.id), deps.clock.now());
    await deps.audit.append(tx, {
      actor: request.personId,
      action: `replay.${request.verdict}`,
      subject: `replay:${row.id}`,
      outcome: 'done',
      detail: { decision: made.id, planHash: request.planHash, reason: made.reason, ...standing },
    });
    const status = await follow(deps, tx, row, request.verdict, standing.state);
    await deps.live.notify(tx, `replay:${row.id}`);
    await deps.live.notify(tx, 'replays');
    await deps.live.notify(tx, 'approvals');
    return { status, given: standing.given, needed: standing.needed };
  });
}

async function refuseStale(deps: ApprovalDeps, tx: Transaction, sessionId: string | null): Promise<void> {
  if (sessionId === null)
    throw new RepriseError(
      'forbidden',
      'This is decided by somebody who has signed in, and not with a token.',
    );
  if (await deps.people.isFresh(tx, sessionId, FRESH_MINUTES)) return;
  throw new RepriseError(
    'sign-in-not-fresh',
    `Deciding asks for a sign-in of the last ${FRESH_MINUTES} minutes, with your second factor where you have one. Sign in again, then decide.`,
  );
}

async function refuseUnfit(
  deps: ApprovalDeps,
  tx: Transaction,
  row: ReplayRow,
  request: DecisionRequest,
  decisions: readonly Decision[],
) {
  const conflict = (sentence: string) => new RepriseError('replay-state-conflict', sentence);
  if (
    row.status !== 'awaiting-approval' ||
    row.intent === 'cancel' ||
    row.plan === null ||
    row.planHash === null
  )
    throw conflict(
      `It does not wait for approval: it is ${row.intent === 'cancel' ? 'being cancelled' : row.status}.`,
    );
  if (row.planHash !== request.planHash)
    throw conflict('This is not the plan that waits for approval: read the one that does.');
  if (request.reason.trim() === '')
    throw new RepriseError('input-invalid', 'A decision has a reason.', { where: 'reason' });
  const person = await deps.people.find(tx, request.personId);
  const version = await deps.contracts.version(row.contractId, row.contractVersion);
  if (person === null || version === null)
    throw conflict('Who decides, or what it is about, is not known any more.');
  const asked = {
    planHash: row.planHash,
    requestedBy: row.requestedBy,
    approvalsNeeded: row.plan.approvalsNeeded,
    authors: version.authors,
  };
  const why = whyNotDecide(person, asked, decisions, deps.clock.now());
  if (why !== null) throw new RepriseError('forbidden', why);
  return asked;
}

/** What follows from the decision at once. */
async function follow(
  deps: ApprovalDeps,
  tx: Transaction,
  row: ReplayRow,
  verdict: Decision['verdict'],
  state: 'waiting' | 'approved' | 'rejected',
): Promise<Decided['status']> {
  if (verdict === 'rejected') {
    const failure = { code: 'approval-rejected', sentence: 'An approver has rejected the plan.' };
    await deps.replays.change(tx, row.id, { failureCode: failure.code, failure: failure.sentence });
    const stored = await deps.contracts.version(row.contractId, row.contractVersion);
    await endReplay(deps, tx, row.id, {
      status: 'refused',
      failure,
      coverage: row.coverage,
      contract: null,
      bundleDigest: stored?.digest ?? '',
    });
    return 'refused';
  }
  const queued = state === 'approved' ? evolveReplay(row, { kind: 'approved' }) : null;
  if (queued === null) return 'waiting';
  await deps.replays.change(tx, row.id, queued);
  await deps.jobs.send(tx, foldJobs(row.id, row.plan?.ranges.length ?? 1));
  return 'queued';
}

import { type Decision, standingOf, whyNotDecide } from '../../domain/approval/index.ts';
import { evolveReplay } from '../../domain/replay/index.ts';
import { counted } from '../../domain/shared/counted.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { recordDecision } from '../evidence/record-decision.ts';
import type { PeopleStore } from '../ports/people.ts';
import type { ReplayRow } from '../ports/replay-store.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { CommandDeps } from '../replay/deps.ts';
import { foldJobs } from '../replay/launch-replay.ts';
import { newestRule } from '../replay/newest-rule.ts';
import { tellOfReplay } from '../replay/tell-of-replay.ts';
import { endReplay } from '../replay/write-evidence.ts';
import { noteLost } from './note-lost.ts';
import { refuseStale } from './refuse-stale.ts';

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
    await deps.approvals.holdPerson(tx, request.personId);
    await refuseStale(deps, tx, request.sessionId);
    const ranOut = await deps.approvals.voidExpired(tx, row.id, request.personId);
    await noteLost(deps, tx, ranOut, 'it ran out');
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
      kind: 'replay',
      subjectId: row.id,
      contractId: row.contractId,
      hours: APPROVAL_HOURS,
    });
    const all = await deps.approvals.of(tx, row.id);
    const standing = standingOf(plan, all, await deps.approvals.now(tx));
    await recordDecision(deps, tx, {
      subject: { kind: 'replay', id: row.id },
      replayId: row.id,
      contract: { id: row.contractId, version: row.contractVersion },
      decisionId: made.id,
      decisions: all,
      standing,
    });
    await deps.audit.append(tx, {
      actor: request.personId,
      action: `replay.${request.verdict}`,
      subject: `replay:${row.id}`,
      outcome: 'done',
      detail: { decision: made.id, planHash: request.planHash, reason: made.reason, ...standing },
    });
    const status = await follow(deps, tx, row, request.verdict);
    await deps.live.notify(tx, `replay:${row.id}`);
    await deps.live.notify(tx, 'replays');
    await deps.live.notify(tx, 'approvals');
    return { status, given: standing.given, needed: standing.needed };
  });
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
  const version = await deps.contracts.within(tx).version(row.contractId, row.contractVersion);
  if (person === null || version === null)
    throw conflict('Who decides, or what it is about, is not known any more.');
  const asked = {
    planHash: row.planHash,
    requestedBy: row.requestedBy,
    approvalsNeeded: row.plan.approvalsNeeded,
    authors: version.authors,
  };
  const why = whyNotDecide(person, asked, decisions, await deps.approvals.now(tx));
  if (why !== null) throw new RepriseError('forbidden', why);
  const newest = await newestRule({ ...deps, contracts: deps.contracts.within(tx) }, version);
  if (request.verdict === 'approved' && newest !== null && newest.asks(row.plan) > row.plan.approvalsNeeded)
    throw conflict(
      `Version ${newest.version} of the contract asks for ${counted(newest.asks(row.plan), 'approval')}, and this plan for ${row.plan.approvalsNeeded}. Reject it or call it off, and launch it again.`,
    );
  return asked;
}

/** What follows from the decision at once. */
async function follow(
  deps: ApprovalDeps,
  tx: Transaction,
  row: ReplayRow,
  verdict: Decision['verdict'],
): Promise<Decided['status']> {
  if (verdict === 'rejected') {
    const failure = { code: 'approval-rejected', sentence: 'An approver has rejected the plan.' };
    await deps.replays.change(tx, row.id, { failureCode: failure.code, failure: failure.sentence });
    const stored = await deps.contracts.within(tx).version(row.contractId, row.contractVersion);
    await endReplay(deps, tx, row.id, {
      status: 'refused',
      failure,
      coverage: row.coverage,
      contract: null,
      bundleDigest: stored?.digest ?? '',
    });
    return 'refused';
  }
  // By the database, whose clock every approval runs out by, and which refuses the queue to what is not approved.
  const approved = await deps.approvals.isApproved(tx, row.id);
  const queued = approved ? evolveReplay(row, { kind: 'approved' }) : null;
  if (queued === null) return 'waiting';
  await deps.replays.change(tx, row.id, queued);
  await tellOfReplay(deps, tx, row, { kind: 'approved', audience: ['requester'] });
  await deps.jobs.send(tx, foldJobs(row.id, row.plan?.ranges.length ?? 1));
  return 'queued';
}

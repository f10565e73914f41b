import { type Decision, standingOf, whyNotDecide } from '../../domain/approval/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { APPROVAL_HOURS, type Decided } from '../approval/decide-replay.ts';
import { noteLost } from '../approval/note-lost.ts';
import { refuseStale } from '../approval/refuse-stale.ts';
import { shownByAll } from '../dashboard/masking.ts';
import { recordDecision } from '../evidence/record-decision.ts';
import type { PromotionRow } from '../ports/promotions.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { PromotionCommandDeps } from './deps.ts';
import { versionsThatHide } from './hiding-versions.ts';
import { endPromotion, tellOfPromotion, tellPromotion } from './record-promotion.ts';

export type PromotionDecision = {
  readonly promotionId: string;
  /** Of what was looked at: it names the keys, the fields and their values by the digest of the diff. */
  readonly planHash: string;
  readonly verdict: Decision['verdict'];
  readonly reason: string;
  readonly personId: string;
  /** null: a token asks, and deciding is for somebody who is there. */
  readonly sessionId: string | null;
};

/**
 * Approves or rejects exactly the keys and fields that were looked at. With the last approval that is needed the
 * promotion is queued, with a rejection it ends: in the transaction of the decision.
 */
export function decidePromotion(deps: PromotionCommandDeps, request: PromotionDecision): Promise<Decided> {
  return deps.unitOfWork.run(async (tx) => {
    const row = await deps.promotions.lock(tx, request.promotionId);
    if (row === null)
      throw new RepriseError('promotion-not-found', `There is no promotion ${request.promotionId}.`);
    await deps.approvals.holdPerson(tx, request.personId);
    await refuseStale(deps, tx, request.sessionId);
    const ranOut = await deps.approvals.voidExpired(tx, row.id, request.personId, 'promotion');
    await noteLost(deps, tx, ranOut, 'it ran out', 'promotion');
    const decisions = await deps.approvals.of(tx, row.id, 'promotion');
    const asked = await refuseUnfit(deps, tx, row, request, decisions);
    const made = {
      id: deps.newId(),
      personId: request.personId,
      planHash: request.planHash,
      verdict: request.verdict,
      reason: request.reason.trim(),
    };
    await deps.approvals.insert(tx, {
      ...made,
      kind: 'promotion',
      subjectId: row.id,
      contractId: row.contractId,
      hours: APPROVAL_HOURS,
    });
    const all = await deps.approvals.of(tx, row.id, 'promotion');
    const standing = standingOf(asked, all, await deps.approvals.now(tx));
    await recordDecision(deps, tx, {
      subject: { kind: 'promotion', id: row.id },
      replayId: row.replayId,
      contract: { id: row.contractId, version: row.contractVersion },
      decisionId: made.id,
      decisions: all,
      standing,
    });
    await deps.audit.append(tx, {
      actor: request.personId,
      action: `promotion.${request.verdict}`,
      subject: `promotion:${row.id}`,
      outcome: 'done',
      detail: {
        decision: made.id,
        planHash: request.planHash,
        diffDigest: row.plan.diffDigest,
        reason: made.reason,
        ...standing,
      },
    });
    const status = await follow(deps, tx, row, request.verdict);
    await tellPromotion(deps, tx, row);
    return { status, given: standing.given, needed: standing.needed };
  });
}

async function refuseUnfit(
  deps: PromotionCommandDeps,
  tx: Transaction,
  row: PromotionRow,
  request: PromotionDecision,
  decisions: readonly Decision[],
) {
  const conflict = (sentence: string) => new RepriseError('promotion-conflict', sentence);
  if (row.status !== 'awaiting-approval')
    throw conflict(`It does not wait for approval: it is ${row.status}.`);
  if (row.planHash !== request.planHash)
    throw conflict('These are not the changes that wait for approval: read the ones that do.');
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
  if (request.verdict === 'approved') await refuseUnseen(deps, tx, row, request.personId);
  const latest = await deps.contracts.within(tx).latest(row.contractId);
  if (request.verdict === 'approved' && latest !== null && latest.digest !== version.digest)
    throw conflict(
      `Version ${latest.version} of the contract has been registered since, and these changes are from version ${row.contractVersion}. Reject or withdraw them, and replay.`,
    );
  return asked;
}

/** Who answers for a figure has seen it. */
async function refuseUnseen(
  deps: PromotionCommandDeps,
  tx: Transaction,
  row: PromotionRow,
  personId: string,
): Promise<void> {
  if ((await deps.reveals.until(tx, personId, row.contractId)) !== null) return;
  const shown = shownByAll(await versionsThatHide({ ...deps, contracts: deps.contracts.within(tx) }, row));
  if (shown.hidden.length === 0) return;
  const changes = await deps.promotions.changes(tx, row.id);
  if (changes.every(({ fields }) => fields.every(({ field }) => shown.of(row.derivedState, field)))) return;
  throw new RepriseError(
    'forbidden',
    'These changes are of values that the contract hides: reveal them, read them, then approve.',
  );
}

/** What follows from the decision at once. */
async function follow(
  deps: PromotionCommandDeps,
  tx: Transaction,
  row: PromotionRow,
  verdict: Decision['verdict'],
): Promise<Decided['status']> {
  if (verdict === 'rejected') {
    const failure = { code: 'approval-rejected', sentence: 'An approver has rejected it.' };
    await endPromotion(deps, tx, row, { status: 'refused', failure, outcome: null, actor: 'reprise' });
    return 'refused';
  }
  // By the database, whose clock every approval runs out by, and which refuses the queue to what is not approved.
  if (!(await deps.promotions.isApproved(tx, row.id))) return 'waiting';
  await deps.promotions.setStatus(tx, row.id, 'queued');
  await tellOfPromotion(deps, tx, row, { kind: 'approved', audience: ['requester'] });
  await deps.jobs.send(tx, [{ kind: 'promote', promotionId: row.id }]);
  return 'queued';
}

/** Takes a promotion back before anything was written. */
export function withdrawPromotion(
  deps: PromotionCommandDeps,
  request: { readonly promotionId: string; readonly reason: string; readonly actor: string },
): Promise<void> {
  return deps.unitOfWork.run(async (tx) => {
    const row = await deps.promotions.lock(tx, request.promotionId);
    if (row === null)
      throw new RepriseError('promotion-not-found', `There is no promotion ${request.promotionId}.`);
    if (row.status !== 'awaiting-approval' && row.status !== 'queued')
      throw new RepriseError('promotion-conflict', `It is ${row.status}, so it can't be withdrawn.`);
    const sentence = request.reason.trim() || 'no reason given';
    const failure = { code: 'withdrawn', sentence: `Withdrawn: ${sentence}` };
    await endPromotion(deps, tx, row, {
      status: 'withdrawn',
      failure,
      outcome: null,
      actor: request.actor,
    });
  });
}

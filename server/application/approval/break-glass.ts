import { matrix, mayDo, type Right } from '../../domain/access/index.ts';
import { evolveReplay } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { recordGlass } from '../evidence/record-glass.ts';
import type { SubjectKind } from '../ports/approvals.ts';
import type { GlassStore } from '../ports/break-glass.ts';
import type { Telling } from '../ports/notices.ts';
import type { PromotionStore } from '../ports/promotions.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { tellOfPromotion, tellPromotion } from '../promotion/record-promotion.ts';
import { foldJobs } from '../replay/launch-replay.ts';
import { tellOfReplay } from '../replay/tell-of-replay.ts';
import type { ApprovalDeps } from './decide-replay.ts';
import { refuseStale } from './refuse-stale.ts';

export type GlassDeps = ApprovalDeps & {
  readonly glass: GlassStore;
  readonly promotions: PromotionStore;
};

type Actor = { readonly personId: string; readonly sessionId: string | null; readonly reason: string };
export type BreakGlassRequest = Actor & {
  readonly subjectKind: SubjectKind;
  readonly subjectId: string;
  /** Of what was looked at. */
  readonly planHash: string;
};
export type ReviewRequest = Actor & { readonly glassId: string };

/** What became of it: somebody else has to confirm it, or it runs. */
export type Broken = { readonly glassId: string; readonly state: 'waits-for-a-second' | 'broken' };

/**
 * Lets something run without its approvals, once two different people have said so within a quarter of an hour, each
 * with a reason. Who requested it, and who wrote the contract, may be among them: that is what it is for. It is a
 * record of its own, stands in the audit and in the record of what it lets run, and its review is open until somebody closes it who is none of the three.
 */
export function breakGlass(deps: GlassDeps, request: BreakGlassRequest): Promise<Broken> {
  return deps.unitOfWork.run(async (tx) => {
    const { subjectKind, subjectId, planHash, personId } = request;
    const subject = await lockSubject(deps, tx, subjectKind, subjectId);
    await refuseUnfit(deps, tx, request, 'break-glass', 'Breaking the glass');
    if (!subject.waits) throw conflict('It does not wait for approval.', subjectKind);
    if (subject.planHash !== planHash)
      throw conflict('Another plan waits for approval: read the one that does.', subjectKind);
    const begun = await deps.glass.of(tx, subjectKind, subjectId, planHash);
    if (begun === null) return begin(deps, tx, request, subject);
    if (begun.second !== null) throw conflict('The glass is broken already.', subjectKind);
    if (begun.firstBy === personId)
      throw new RepriseError('forbidden', 'You began it: a second person has to confirm it.');
    await deps.glass.confirm(tx, begun.id, personId, request.reason.trim());
    await note(deps, tx, request, begun.id, 'glass.broken', { first: begun.firstBy, second: personId });
    await subject.go(tx);
    const two = [begun.firstBy, personId];
    await subject.tellPeople(tx, { kind: 'glass-broken', audience: ['reviewers'], except: two });
    await tell(deps, tx, subjectKind, subjectId);
    await recordGlass(deps, tx, begun.id);
    return { glassId: begun.id, state: 'broken' };
  });
}

async function begin(
  deps: GlassDeps,
  tx: Transaction,
  { subjectKind, subjectId, planHash, personId, reason, sessionId }: BreakGlassRequest,
  { contractId, tellPeople }: Subject,
): Promise<Broken> {
  const id = deps.newId();
  const firstReason = reason.trim();
  await deps.glass.insert(tx, {
    id,
    subjectKind,
    subjectId,
    contractId,
    planHash,
    firstBy: personId,
    firstReason,
  });
  const request = { subjectKind, subjectId, planHash, personId, reason, sessionId };
  await note(deps, tx, request, id, 'glass.begun', { first: personId });
  await tellPeople(tx, { kind: 'glass-begun', audience: ['breakers'], except: [personId] });
  await tell(deps, tx, subjectKind, subjectId);
  return { glassId: id, state: 'waits-for-a-second' };
}

/** Closes the review, by somebody who was not among the two. */
export function closeReview(deps: GlassDeps, request: ReviewRequest): Promise<void> {
  return deps.unitOfWork.run(async (tx) => {
    const glass = await deps.glass.lock(tx, request.glassId);
    if (glass === null || glass.second === null)
      throw conflict('There is no broken glass of this id to review.', 'replay');
    await refuseUnfit(deps, tx, request, 'review', 'Reviewing it');
    if (glass.review !== null) throw conflict('Its review has been closed already.', glass.subjectKind);
    if (request.personId === glass.firstBy || request.personId === glass.second.by)
      throw new RepriseError('forbidden', 'You broke the glass, so somebody else reviews that.');
    if (request.personId === glass.requestedBy)
      throw new RepriseError('forbidden', 'You requested what it let run, so somebody else reviews that.');
    await deps.glass.close(tx, glass.id, request.personId, request.reason.trim());
    const { subjectKind, subjectId, planHash } = glass;
    await note(deps, tx, { ...request, subjectKind, subjectId, planHash }, glass.id, 'glass.reviewed', {});
    await tell(deps, tx, subjectKind, subjectId);
    await recordGlass(deps, tx, glass.id);
  });
}

/** In the code that the subject itself is refused with. */
const conflict = (sentence: string, kind: SubjectKind) =>
  new RepriseError(kind === 'replay' ? 'replay-state-conflict' : 'promotion-conflict', sentence);

type Subject = {
  readonly waits: boolean;
  readonly planHash: string | null;
  readonly contractId: string;
  /** Queues it, now that it may run. */
  readonly go: (tx: Transaction) => Promise<void>;
  readonly tellPeople: (
    tx: Transaction,
    telling: Pick<Telling, 'kind' | 'audience' | 'except'>,
  ) => Promise<void>;
};

async function lockSubject(
  deps: GlassDeps,
  tx: Transaction,
  kind: SubjectKind,
  id: string,
): Promise<Subject> {
  const why = 'two people broke the glass, without its approvals';
  const told = { kind: 'approved', audience: ['requester'], why } as const;
  if (kind === 'replay') {
    const row = await deps.replays.lock(tx, id);
    if (row === null) throw new RepriseError('replay-not-found', `There is no replay ${id}.`);
    const waits = row.status === 'awaiting-approval' && row.intent !== 'cancel';
    return {
      waits,
      planHash: row.planHash,
      contractId: row.contractId,
      tellPeople: (at, telling) => tellOfReplay(deps, at, row, telling),
      go: async () => {
        const queued = evolveReplay(row, { kind: 'approved' });
        if (queued === null) throw conflict('It does not wait for approval.', kind);
        await deps.replays.change(tx, id, queued);
        await tellOfReplay(deps, tx, row, told);
        await deps.jobs.send(tx, foldJobs(id, row.plan?.ranges.length ?? 1));
      },
    };
  }
  const row = await deps.promotions.lock(tx, id);
  if (row === null) throw new RepriseError('promotion-not-found', `There is no promotion ${id}.`);
  const latest = await deps.contracts.within(tx).latest(row.contractId);
  if (
    row.status === 'awaiting-approval' &&
    latest !== null &&
    latest.digest !== row.plan.contract.bundleDigest
  )
    throw conflict(
      `Version ${latest.version} of the contract has been registered since, and these changes are from version ${row.contractVersion}. Withdraw them, and replay.`,
      kind,
    );
  return {
    waits: row.status === 'awaiting-approval',
    planHash: row.planHash,
    contractId: row.contractId,
    tellPeople: (at, telling) => tellOfPromotion(deps, at, row, telling),
    go: async () => {
      await deps.promotions.setStatus(tx, id, 'queued');
      await tellOfPromotion(deps, tx, row, told);
      await tellPromotion(deps, tx, row);
      await deps.jobs.send(tx, [{ kind: 'promote', promotionId: id }]);
    },
  };
}

async function refuseUnfit(
  deps: GlassDeps,
  tx: Transaction,
  { personId, sessionId, reason }: Actor,
  right: Right,
  what: string,
): Promise<void> {
  await deps.approvals.holdPerson(tx, personId);
  await refuseStale(deps, tx, sessionId);
  if (reason.trim() === '')
    throw new RepriseError('input-invalid', `${what} has a reason.`, { where: 'reason' });
  const person = await deps.people.find(tx, personId);
  if (person === null || person.disabled || !mayDo(person.roles, right))
    throw new RepriseError('forbidden', `${what} needs the role ${matrix[right].join(' or ')}.`);
}

async function note(
  deps: GlassDeps,
  tx: Transaction,
  request: BreakGlassRequest,
  glassId: string,
  action: string,
  detail: Readonly<Record<string, string>>,
): Promise<void> {
  await deps.audit.append(tx, {
    actor: request.personId,
    action,
    subject: `${request.subjectKind}:${request.subjectId}`,
    outcome: 'done',
    detail: { glass: glassId, planHash: request.planHash, reason: request.reason.trim(), ...detail },
  });
}

async function tell(deps: GlassDeps, tx: Transaction, kind: SubjectKind, id: string): Promise<void> {
  for (const topic of [`${kind}:${id}`, `${kind}s`, 'approvals', 'evidence'])
    await deps.live.notify(tx, topic);
}

import { counts, standingOf, whyNotDecide } from '../../domain/approval/index.ts';
import type { ApprovalStore } from '../ports/approvals.ts';
import type { ContractStore } from '../ports/contracts.ts';
import type { LookStore } from '../ports/looks.ts';
import type { Person } from '../ports/people.ts';
import type { ReplayStore } from '../ports/replay-store.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import type { ApprovalView, WaitingView } from '../views.ts';
import { decisionsInSight, sinceLooked } from './review.ts';

type Deps = {
  readonly unitOfWork: UnitOfWork;
  readonly approvals: ApprovalStore;
  readonly replays: ReplayStore;
  readonly contracts: ContractStore;
};
type Reader = Pick<Person, 'id' | 'email' | 'roles'>;

const SHOWN = 200;

/** What waits for approval, the oldest first. */
export async function readWaiting(
  deps: Deps & { readonly looks: LookStore },
  reader: Reader,
): Promise<readonly WaitingView[]> {
  const approves = reader.roles.includes('approver');
  const { now, waiting, looks, versions, evidence } = await deps.unitOfWork.run(async (tx) => {
    const found = await deps.approvals.waiting(tx, SHOWN);
    const ids = found.map(({ replayId }) => replayId);
    const contracts = [...new Set(found.map(({ contractId }) => contractId))];
    return {
      now: await deps.approvals.now(tx),
      waiting: found,
      looks: approves ? await deps.looks.lastOf(tx, 'replay', ids, reader.id) : null,
      versions: await deps.looks.newestVersions(tx, contracts),
      evidence: await deps.looks.newestEvidence(tx, contracts),
    };
  });
  return waiting.map(({ decisions, authors, planHash, approvalsNeeded, ...shown }) => {
    const request = { planHash, requestedBy: shown.requestedBy, approvalsNeeded, authors };
    const sight = {
      latestVersion: versions.get(shown.contractId) ?? null,
      evidenceId: evidence.get(shown.contractId) ?? null,
      decisions: decisionsInSight(decisions, planHash, now),
      // The list asks no history: the page of each does.
      behind: null,
    };
    return {
      ...shown,
      standing: standingOf(request, decisions, now),
      whyNot: whyNotDecide(reader, request, decisions, now),
      since: looks === null ? null : sinceLooked(looks.get(shown.replayId) ?? null, sight, reader.id, now),
    };
  });
}

/** The approval of one replay; null where its plan needs none. */
export async function readApproval(
  deps: Deps,
  replayId: string,
  reader: Reader,
): Promise<ApprovalView | null> {
  const { now, row, decisions } = await deps.unitOfWork.run(async (tx) => ({
    now: await deps.approvals.now(tx),
    row: await deps.replays.find(tx, replayId),
    decisions: await deps.approvals.of(tx, replayId),
  }));
  if (row === null || row.plan === null || row.planHash === null || row.plan.approvalsNeeded === 0)
    return null;
  const [version, latest] = await Promise.all([
    deps.contracts.version(row.contractId, row.contractVersion),
    deps.contracts.latest(row.contractId),
  ]);
  const request = {
    planHash: row.planHash,
    requestedBy: row.requestedBy,
    approvalsNeeded: row.plan.approvalsNeeded,
    authors: version?.authors ?? [],
  };
  const waits = row.status === 'awaiting-approval' && row.intent !== 'cancel';
  return {
    planHash: row.planHash,
    requestedBy: row.requestedBy,
    standing: standingOf(request, decisions, now),
    decisions: decisions.map((decision) => ({
      ...decision,
      counts: counts(decision, request.planHash, now),
    })),
    authors: request.authors,
    newerVersion: latest !== null && latest.version > row.contractVersion ? latest.version : null,
    whyNot: waits ? whyNotDecide(reader, request, decisions, now) : 'It does not wait for approval any more.',
  };
}

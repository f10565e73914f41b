import {
  changesSince,
  counts,
  type Decision,
  type InSight,
  seenOf,
  VISIT_MINUTES,
} from '../../domain/approval/index.ts';
import type { EngineContract } from '../../domain/contract/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { ApprovalStore } from '../ports/approvals.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { HistoryOpener } from '../ports/history.ts';
import type { Look, LookStore } from '../ports/looks.ts';
import type { PageReads } from '../ports/page-reads.ts';
import type { Person } from '../ports/people.ts';
import type { ReplayRow, ReplayStore } from '../ports/replay-store.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import type { ReviewView, SinceLooked } from '../views.ts';
import { readBlastRadius } from './blast-radius.ts';

export type ReviewDeps = {
  readonly clock: Clock;
  readonly histories: HistoryOpener;
  readonly unitOfWork: UnitOfWork;
  readonly replays: ReplayStore;
  readonly approvals: ApprovalStore;
  readonly looks: LookStore;
  readonly reads: Pick<PageReads, 'standing'>;
  readonly versionOf: (contractId: string, version: number) => Promise<EngineContract>;
};
type Reader = Pick<Person, 'id' | 'roles'>;

/** What an approver reads before deciding about a replay that waits; null where it does not. */
export async function readReview(
  deps: ReviewDeps,
  replayId: string,
  reader: Reader,
): Promise<ReviewView | null> {
  const row = await deps.unitOfWork.run((tx) => deps.replays.find(tx, replayId));
  if (row === null || row.plan === null || !waits(row)) return null;
  const [contract, proof] = await Promise.all([
    deps.versionOf(row.contractId, row.contractVersion),
    deps.reads.standing(row.contractId, undefined),
  ]);
  const radius = await readBlastRadius(deps, contract, row.plan, proof);
  const since = await deps.unitOfWork.run(async (tx) => {
    if (!reader.roles.includes('approver')) return null;
    const sight = await sightOf(deps, tx, row, radius.behind.value);
    const look = await deps.looks.find(tx, { kind: 'replay', id: row.id }, reader.id, VISIT_MINUTES);
    return sinceLooked(look?.before ?? null, sight, reader.id, await deps.approvals.now(tx));
  });
  return { radius, proof: proof?.replay ?? null, proofIsOfLatestCode: proof?.ofLatestCode ?? false, since };
}

export function sinceLooked(look: Look | null, sight: InSight, readerId: string, now: Date): SinceLooked {
  if (look === null) return { lookedAt: null, changes: [] };
  return { lookedAt: look.at, changes: changesSince(look, sight, readerId, now) };
}

/**
 * Keeps what an approver has before them, so that the next time they are told what is new. `behind` is what the page
 * showed them. The first look of a visit is on record.
 */
export async function lookAtReplay(
  deps: Pick<ReviewDeps, 'unitOfWork' | 'replays' | 'approvals' | 'looks'> & {
    readonly audit: AuditLog;
  },
  request: { readonly replayId: string; readonly personId: string; readonly behind: string | null },
): Promise<void> {
  const { replayId, personId } = request;
  const subject = { kind: 'replay', id: replayId } as const;
  await deps.unitOfWork.run(async (tx) => {
    const row = await deps.replays.find(tx, replayId);
    if (row === null) throw new RepriseError('replay-not-found', `There is no replay ${replayId}.`);
    // Decided while the page was being read: there is nothing left to look at.
    if (!waits(row)) return;
    const seen = seenOf(await sightOf(deps, tx, row, request.behind));
    const earlier = await deps.looks.find(tx, subject, personId, VISIT_MINUTES);
    await deps.looks.keep(tx, subject, personId, seen, VISIT_MINUTES);
    if (earlier?.isVisiting === true) return;
    await deps.audit.append(tx, {
      actor: personId,
      action: 'replay.looked-at',
      subject: `replay:${replayId}`,
      outcome: 'done',
      detail: { planHash: row.planHash },
    });
  });
}

function waits(row: ReplayRow): boolean {
  return row.status === 'awaiting-approval' && row.intent !== 'cancel';
}

async function sightOf(
  deps: Pick<ReviewDeps, 'approvals' | 'looks'>,
  tx: Transaction,
  row: ReplayRow,
  behind: string | null,
): Promise<InSight> {
  const versions = await deps.looks.newestVersions(tx, [row.contractId]);
  const evidence = await deps.looks.newestEvidence(tx, [row.contractId]);
  const decisions = await deps.approvals.of(tx, row.id);
  return {
    latestVersion: versions.get(row.contractId) ?? null,
    evidenceId: evidence.get(row.contractId) ?? null,
    decisions: decisionsInSight(decisions, row.planHash ?? '', await deps.approvals.now(tx)),
    behind,
  };
}

export function decisionsInSight(
  decisions: readonly Decision[],
  planHash: string,
  now: Date,
): InSight['decisions'] {
  return decisions.map((decision) => ({ ...decision, counts: counts(decision, planHash, now) }));
}

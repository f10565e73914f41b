import { type Standing, standingOf, whyNotDecide } from '../../../domain/approval/index.ts';
import type { ApprovalStore } from '../../ports/approvals.ts';
import type { ContractStore } from '../../ports/contracts.ts';
import type { AwaitingRedrive, RedriveStore } from '../../ports/redrives.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';

type Deps = {
  readonly unitOfWork: UnitOfWork;
  readonly redrives: Pick<RedriveStore, 'awaiting'>;
  readonly approvals: Pick<ApprovalStore, 'now'>;
  readonly contracts: Pick<ContractStore, 'latest'>;
};

/** A redrive that waits, as an approver meets it in the list. */
export type WaitingRedrive = AwaitingRedrive & {
  readonly standing: Standing;
  /** Why this reader can't decide; null: they can. */
  readonly whyNot: string | null;
};

const SHOWN = 200;

/** Redrives that wait for approval, the oldest first. */
export async function readWaitingRedrives(
  deps: Deps,
  reader: Parameters<typeof whyNotDecide>[0],
): Promise<readonly WaitingRedrive[]> {
  const { now, waiting } = await deps.unitOfWork.run(async (tx) => ({
    now: await deps.approvals.now(tx),
    waiting: await deps.redrives.awaiting(tx, SHOWN),
  }));
  const ids = [...new Set(waiting.map(({ contractId }) => contractId))];
  const authors = new Map(
    await Promise.all(ids.map(async (id) => [id, (await deps.contracts.latest(id))?.authors ?? []] as const)),
  );
  return waiting.map((each) => {
    const { hash: planHash, requestedBy, contractId } = each;
    const request = { planHash, requestedBy, approvalsNeeded: 1, authors: authors.get(contractId) ?? [] };
    // One decision is enough, so that what waits has none.
    return {
      ...each,
      standing: standingOf(request, [], now),
      whyNot: whyNotDecide(reader, request, [], now),
    };
  });
}

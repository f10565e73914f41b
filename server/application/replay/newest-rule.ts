import type { EngineContract } from '../../domain/contract/index.ts';
import { approvalsAskedBy, type Plan } from '../../domain/replay/index.ts';
import type { ContractLoader, ContractReads, StoredContractVersion } from '../ports/contracts.ts';
import { loadBundle } from './open-contract.ts';

/** What the newest version of a contract asks for. Nobody picks a laxer rule by an older one. */
export type NewestRule = {
  readonly version: number;
  readonly approvals: EngineContract['approvals'];
  /** How many approvals it asks for, of what this plan reads. */
  readonly asks: (plan: Pick<Plan, 'eventEstimate'>) => number;
};

/** null where the version given is the newest, or has its code. */
export async function newestRule(
  deps: { readonly contracts: Pick<ContractReads, 'latest'>; readonly loader: ContractLoader },
  stored: StoredContractVersion,
): Promise<NewestRule | null> {
  const latest = await deps.contracts.latest(stored.contractId);
  if (latest === null || latest.version === stored.version || latest.digest === stored.digest) return null;
  const { approvals } = await loadBundle(deps.loader, {
    digest: latest.digest,
    bytes: latest.bundle,
    file: `${latest.contractId} version ${latest.version}`,
  });
  return {
    version: latest.version,
    approvals,
    asks: ({ eventEstimate }) => approvalsAskedBy(approvals, BigInt(eventEstimate)),
  };
}

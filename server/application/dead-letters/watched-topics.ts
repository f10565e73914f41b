import type { DeadLetters, EngineContract } from '../../domain/contract/index.ts';
import type { ContractLoader, ContractStore, StoredContractVersion } from '../ports/contracts.ts';
import type { WatchedTopic } from '../ports/dead-letters.ts';
import { loadBundle } from '../replay/open-contract.ts';

/** A topic with what reads it: the newest version of the first contract and state that name it. */
export type ReadableTopic = WatchedTopic & {
  readonly version: number;
  readonly contract: EngineContract;
  readonly letters: DeadLetters;
};

export type ContractDeps = { readonly contracts: ContractStore; readonly loader: ContractLoader };

/** Contracts that can't be loaded are passed over: what they name stays as it was known. */
export async function readableTopics(
  deps: ContractDeps,
  report: (contractId: string, error: unknown) => void,
): Promise<readonly ReadableTopic[]> {
  const found = new Map<string, ReadableTopic>();
  const stored = [...(await deps.contracts.latestOfAll())].sort((a, b) =>
    a.contractId < b.contractId ? -1 : 1,
  );
  for (const each of stored) {
    try {
      const contract = await loadStored(deps, each);
      for (const [state, { deadLetters }] of Object.entries(contract.derivedStates)) {
        if (deadLetters === null) continue;
        const { topic } = deadLetters;
        const { contractId, version } = each;
        const known = found.get(topic);
        found.set(
          topic,
          known === undefined
            ? { topic, contractId, state, others: [], version, contract, letters: deadLetters }
            : { ...known, others: [...known.others, `${contractId}/${state}`] },
        );
      }
    } catch (error) {
      report(each.contractId, error);
    }
  }
  return [...found.values()];
}

export function loadStored(deps: ContractDeps, stored: StoredContractVersion): Promise<EngineContract> {
  const file = `${stored.contractId} version ${stored.version}`;
  return loadBundle(deps.loader, { digest: stored.digest, bytes: stored.bundle, file });
}

import type { EngineContract } from '../../../domain/contract/index.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { ContractLoader, ContractStore } from '../../ports/contracts.ts';
import { loadBundle } from '../../replay/open-contract.ts';

export type StoredContracts = { readonly contracts: ContractStore; readonly loader: ContractLoader };

/** The newest version of a contract, from its stored bundle, and which one that is. */
export async function newestVersion(
  deps: StoredContracts,
  contractId: string,
): Promise<{ readonly contract: EngineContract; readonly version: number; readonly digest: string }> {
  const stored = await deps.contracts.latest(contractId);
  if (stored === null)
    throw new RepriseError('contract-not-found', `No contract "${contractId}" is registered.`);
  const file = `${contractId} version ${stored.version}`;
  const { version, digest } = stored;
  return { contract: await loadBundle(deps.loader, { digest, bytes: stored.bundle, file }), version, digest };
}

export const newestContract = async (deps: StoredContracts, contractId: string): Promise<EngineContract> =>
  (await newestVersion(deps, contractId)).contract;

export function stateOf(contract: EngineContract, name: string) {
  const state = contract.derivedStates[name];
  if (state !== undefined) return state;
  const known = Object.keys(contract.derivedStates).join(', ') || 'none';
  throw refuse(`Contract ${contract.id} has no derived state ${name}: it has ${known}.`, contract.id);
}

/** It looked, and declines. */
export const refuse = (sentence: string, where?: string): RepriseError =>
  new RepriseError('runbook-refused', sentence, where === undefined ? {} : { where });

/** What was approved is not so any more. */
export const overtaken = (sentence: string, where?: string): RepriseError =>
  new RepriseError('runbook-overtaken', sentence, where === undefined ? {} : { where });

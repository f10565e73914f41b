import type { EngineContract } from '../../domain/contract/index.ts';
import type { ContractLoader, ContractReads } from '../ports/contracts.ts';
import type { PromotionRow } from '../ports/promotions.ts';
import { loadBundle } from '../replay/open-contract.ts';

/** The contract as the promotion's replay ran it, and as it is now: what either hides is hidden. */
export async function versionsThatHide(
  deps: { readonly contracts: ContractReads; readonly loader: ContractLoader },
  { contractId, contractVersion }: PromotionRow,
): Promise<readonly EngineContract[]> {
  const ran = await deps.contracts.version(contractId, contractVersion);
  const newest = await deps.contracts.latest(contractId);
  const stored = [ran, newest?.digest === ran?.digest ? null : newest].filter((each) => each !== null);
  return Promise.all(
    stored.map(({ version, digest, bundle }) =>
      loadBundle(deps.loader, { digest, bytes: bundle, file: `${contractId} version ${version}` }),
    ),
  );
}

import type { EngineContract } from '../../domain/contract/index.ts';
import type { Log } from '../ports/log.ts';
import { loadBundle } from '../replay/open-contract.ts';
import { auditContract, auditOf } from './audit-contract.ts';
import type { AuditDeliveriesDeps } from './deps.ts';

/** What one contract's audit said last, so that an outage is told once and not once a turn. */
export type AuditTroubles = Map<string, string>;

/** One turn of every contract that wants it, one after the other. One that can't be audited keeps no other from it. */
export async function auditDeliveries(
  deps: AuditDeliveriesDeps & { readonly log: Log },
  holder: string,
  signal: AbortSignal,
  troubles: AuditTroubles,
): Promise<void> {
  for (const stored of await deps.contracts.latestOfAll()) {
    if (signal.aborted) return;
    const file = `${stored.contractId} version ${stored.version}`;
    try {
      const contract: EngineContract = await loadBundle(deps.loader, {
        digest: stored.digest,
        bytes: stored.bundle,
        file,
      });
      const audited = auditOf(contract);
      if (audited !== null) await auditContract(deps, audited, holder, signal);
      if (troubles.delete(stored.contractId))
        deps.log.info({ contract: stored.contractId }, 'deliveries are audited again');
    } catch (error) {
      if (signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      if (troubles.get(stored.contractId) !== why)
        deps.log.warn({ error, contract: stored.contractId }, 'deliveries could not be audited');
      troubles.set(stored.contractId, why);
    }
  }
}

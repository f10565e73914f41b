import { CONTRACTS_AT_ONCE, OVERDUE_MS, overdueWords, TurnsApart } from '../contracts/turns-apart.ts';
import type { StoredContractVersion } from '../ports/contracts.ts';
import type { Log } from '../ports/log.ts';
import { loadBundle } from '../replay/open-contract.ts';
import { auditContract, auditOf, leaseOf } from './audit-contract.ts';
import type { AuditDeliveriesDeps } from './deps.ts';
import { leaseMs } from './deps.ts';

type Deps = AuditDeliveriesDeps & { readonly log: Log };

export type DeliveryAudits = {
  /** Begins a turn of every contract that wants it and has none under way; `ended` is when those have ended. */
  begin(signal: AbortSignal): Promise<{ readonly ended: Promise<void> }>;
};

/** Audits contracts apart from each other: one that can't be audited, or hangs, keeps no other from it. */
export function createDeliveryAudits(deps: Deps, holder: string): DeliveryAudits {
  /** What one contract's audit said last, so that an outage is told once and not once a turn. */
  const troubles = new Map<string, string>();
  const lookBacks = new Map<string, number>();
  const turns = new TurnsApart({
    clock: deps.clock,
    atOnce: CONTRACTS_AT_ONCE,
    overdueMs: OVERDUE_MS,
    tell: ({ contractId, since, count }) => {
      deps.log.warn({ contract: contractId, since, count }, 'an audit of deliveries does not get on');
      troubles.set(contractId, overdueWords({ since }));
      const lookBackHours = lookBacks.get(contractId);
      if (lookBackHours === undefined) return;
      const problem = overdueWords({ since });
      void keepOverdue(deps, holder, { contractId, lookBackHours, problem }).catch((error: unknown) =>
        deps.log.warn({ error, contract: contractId }, 'could not say that an audit does not get on'),
      );
    },
  });
  const auditOne = async (stored: StoredContractVersion, signal: AbortSignal, alive: () => void) => {
    const { contractId, version, digest, bundle } = stored;
    if (signal.aborted) return;
    try {
      const file = `${contractId} version ${version}`;
      const contract = await loadBundle(deps.loader, { digest, bytes: bundle, file });
      const audited = auditOf(contract);
      alive();
      if (audited !== null) lookBacks.set(contractId, audited.lookBackHours);
      if (audited !== null) await auditContract(deps, audited, holder, signal, alive);
      if (troubles.delete(contractId))
        deps.log.info({ contract: contractId }, 'deliveries are audited again');
    } catch (error) {
      if (signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      if (troubles.get(contractId) !== why)
        deps.log.warn({ error, contract: contractId }, 'deliveries could not be audited');
      troubles.set(contractId, why);
    }
  };
  return {
    async begin(signal) {
      const versions = await deps.contracts.latestOfPresent();
      return turns.begin(
        versions.map((stored) => ({
          contractId: stored.contractId,
          run: (alive) => auditOne(stored, signal, alive),
        })),
      );
    },
  };
}

/** Only where nobody else audits it, whose word it is then; and the lease is left to whoever can. */
async function keepOverdue(
  { unitOfWork, leases, deliveries, live, clock }: Deps,
  holder: string,
  of: { readonly contractId: string; readonly lookBackHours: number; readonly problem: string },
): Promise<void> {
  const { contractId, ...rest } = of;
  await unitOfWork.run(async (tx) => {
    if (!(await leases.hold(tx, leaseOf(contractId), holder, leaseMs))) return;
    await deliveries.keepTurn(tx, contractId, { ...rest, at: clock.now(), sentProblem: null });
    await leases.release(tx, leaseOf(contractId), holder);
    await live.notify(tx, `deliveries:${contractId}`);
  });
}

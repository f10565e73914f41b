import { deliveryStore } from '../adapters/deliveries/delivery-store.ts';
import { openOutboxes } from '../adapters/outbox/outbox-reader.ts';
import { leases } from '../adapters/postgres/leases.ts';
import { createDeliveryAudits } from '../application/deliveries/audit-all.ts';
import type { AuditDeliveriesDeps } from '../application/deliveries/deps.ts';
import type { Log } from '../application/ports/log.ts';
import type { Composed } from './compose.ts';
import { budgetMeter } from './meter.ts';

/** The months that pages show, and the one before. */
const KEEP_DAYS = 62;
/** Longer than the pause between two turns. */
const SWEEP_LEASE_MS = 180_000;

/** The audit of deliveries: duplicates, and what was sent and has not arrived. */
export function auditsOf({ replayDeps, connect, log }: Composed) {
  const deps: AuditDeliveriesDeps & { readonly log: Log } = {
    ...replayDeps,
    deliveries: deliveryStore,
    outboxes: openOutboxes(connect),
    leases,
    meter: budgetMeter,
    signals: replayDeps.signals,
    log,
  };
  return {
    deps,
    by: (holder: string) => createDeliveryAudits(deps, holder),
    /** By one worker of the fleet at a time. */
    sweep: (holder: string) =>
      replayDeps.unitOfWork.run(async (tx) => {
        if (await leases.hold(tx, 'deliveries-kept', holder, SWEEP_LEASE_MS))
          await deliveryStore.sweep(tx, KEEP_DAYS);
      }),
  };
}

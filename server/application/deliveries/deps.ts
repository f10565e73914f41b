import type { BudgetMeter } from '../ports/budget-meter.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContractLoader, ContractStore } from '../ports/contracts.ts';
import type { DeliveryStore, OutboxReader } from '../ports/deliveries.ts';
import type { HistoryOpener } from '../ports/history.ts';
import type { IncidentSignals } from '../ports/incident-signals.ts';
import type { Leases } from '../ports/leases.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';

export type AuditDeliveriesDeps = {
  readonly unitOfWork: UnitOfWork;
  readonly deliveries: DeliveryStore;
  readonly outboxes: OutboxReader;
  readonly contracts: ContractStore;
  readonly loader: ContractLoader;
  readonly histories: HistoryOpener;
  readonly leases: Leases;
  readonly meter: BudgetMeter;
  readonly signals: IncidentSignals;
  readonly live: LiveNotifier;
  readonly clock: Clock;
};

/** So many records of a contract in one turn: with a turn every two seconds at most 10,000 a second are asked of a broker. */
export const turnRecords = 20_000;
/** Longer than a turn takes; whoever lost it meanwhile writes nothing. */
export const leaseMs = 60_000;

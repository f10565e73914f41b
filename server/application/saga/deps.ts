import type { BudgetMeter } from '../ports/budget-meter.ts';
import type { Clock } from '../ports/clock.ts';
import type { CallBounded, ContractLoader, ContractStore } from '../ports/contracts.ts';
import type { SubjectKeys } from '../ports/derived-state.ts';
import type { HistoryOpener } from '../ports/history.ts';
import type { IncidentSignals } from '../ports/incident-signals.ts';
import type { Leases } from '../ports/leases.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { Log } from '../ports/log.ts';
import type { SagaStore } from '../ports/sagas.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';

/** What following sagas needs. */
export type SagaDeps = {
  readonly unitOfWork: UnitOfWork;
  readonly contracts: ContractStore;
  readonly loader: ContractLoader;
  readonly histories: HistoryOpener;
  readonly subjectKeys: SubjectKeys;
  readonly leases: Leases;
  readonly sagas: SagaStore;
  readonly meter: BudgetMeter;
  readonly signals: IncidentSignals;
  readonly callBounded: CallBounded;
  readonly live: LiveNotifier;
  readonly clock: Clock;
  readonly log: Log;
};

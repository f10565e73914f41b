import { callBounded } from '../adapters/bounded-call.ts';
import { leases } from '../adapters/postgres/leases.ts';
import { sagaStore } from '../adapters/saga/saga-store.ts';
import { openSubjectKeys } from '../adapters/subject-keys/postgres-subject-keys.ts';
import type { SagaDeps } from '../application/saga/deps.ts';
import { createSagaTracking } from '../application/saga/follow-all.ts';
import type { Composed } from './compose.ts';
import { budgetMeter } from './meter.ts';

/** What follows the sagas of all contracts: one worker of the fleet at a time. */
export function sagaTracking({ replayDeps, connect, log }: Composed, parts: Partial<SagaDeps> = {}) {
  const deps: SagaDeps = {
    ...replayDeps,
    subjectKeys: openSubjectKeys(connect),
    leases,
    sagas: sagaStore,
    meter: budgetMeter,
    signals: replayDeps.signals,
    callBounded,
    log,
    ...parts,
  };
  return {
    by: (holder: string) => createSagaTracking(deps, holder),
  };
}

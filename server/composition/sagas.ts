import { callBounded } from '../adapters/bounded-call.ts';
import { leases } from '../adapters/postgres/leases.ts';
import { sagaStore } from '../adapters/saga/saga-store.ts';
import { openSubjectKeys } from '../adapters/subject-keys/postgres-subject-keys.ts';
import type { SagaDeps } from '../application/saga/deps.ts';
import { createSagaTracking } from '../application/saga/follow-all.ts';
import type { Composed } from './compose.ts';
import { budgetMeter } from './meter.ts';

/** Longer than the pause between two turns. */
const SWEEP_LEASE_MS = 180_000;

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
    /** By one worker of the fleet at a time. */
    sweep: (holder: string, keptDays: number) =>
      deps.unitOfWork.run(async (tx) => {
        if (!(await leases.hold(tx, 'sagas-kept', holder, SWEEP_LEASE_MS))) return;
        await deps.sagas.sweep(tx, new Date(deps.clock.now().getTime() - keptDays * 86_400_000));
      }),
    by: (holder: string) => createSagaTracking(deps, holder),
  };
}

import type { DerivedState } from '../../domain/contract/index.ts';
import type { Comparison } from '../../domain/reconciliation/index.ts';
import { type ErrorCode, RepriseError } from '../../domain/shared/errors.ts';
import { compareSnapshot } from './compare-snapshot.ts';
import { withHistory } from './open-contract.ts';
import { commitInPhase, finishPhase, isBaseOutOfReach, type Phase } from './phase.ts';
import type { OpenHistory } from './state-overlay.ts';
import { loadSubjects } from './subjects.ts';

/** Compares every derived state of the plan with the shadow state, each at its own position. */
export async function compareStates(phase: Phase): Promise<void> {
  const { deps, running, replayId } = phase;
  const done = new Set(
    (await deps.unitOfWork.run((tx) => deps.results.comparisons(tx, replayId))).map((c) => c.derivedState),
  );
  const subjects = await loadSubjects(deps, running.contract);
  await withHistory(deps, running.contract, async ({ reader, decoder }) => {
    for (const name of running.plan.compare) {
      if (done.has(name)) continue;
      const state = running.contract.derivedStates[name];
      if (state !== undefined) await compareOne(phase, { reader, decoder, subjects }, name, state);
    }
  });
  await finishPhase(phase, async () => ({}));
}

const attempts = 3;

/** No other try helps: what should be there can't be computed or was not read, or no setting says where the store is. */
const lasting: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'projection-failed',
  'setting-invalid',
  'history-repartitioned',
]);

/**
 * A store that stays away, one without an address in the settings, one that the contract can't say the right content of, and one that has not come to the
 * end of a base that is gone, is recorded as one that could not be compared, and never as one that agrees.
 */
async function compareOne(
  phase: Phase,
  history: OpenHistory,
  name: string,
  state: DerivedState<unknown>,
): Promise<void> {
  const { deps, signal } = phase;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await compareSnapshot(phase, history, name, state);
    } catch (error) {
      if (!(error instanceof RepriseError)) throw error;
      if (lasting.has(error.code) || isBaseOutOfReach(phase, error))
        return recordUnavailable(phase, name, error.message);
      if (error.code !== 'derived-state-unavailable') throw error;
      if (attempt === attempts) return recordUnavailable(phase, name, error.message);
      await deps.clock.wait(1000 * attempt, signal);
    }
  }
}

async function recordUnavailable(phase: Phase, name: string, problem: string): Promise<void> {
  const { deps, replayId } = phase;
  const comparison: Comparison = {
    derivedState: name,
    mode: 'at-position',
    appliedPositions: [],
    keys: 0,
    equal: 0,
    missing: 0,
    extra: 0,
    different: 0,
    eventsBehind: '0',
    layerEvents: '0',
    diffDigest: deps.sha256(''),
    outcome: 'could-not-compare',
    problem,
    comparedAt: deps.clock.now().toISOString(),
  };
  await commitInPhase(phase, async (tx) => {
    await deps.results.clearComparison(tx, replayId, name);
    await deps.results.saveComparison(tx, replayId, comparison);
  });
}

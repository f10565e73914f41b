import type { EngineContract } from '../../domain/contract/index.ts';
import type { Plan } from '../../domain/replay/index.ts';
import { within } from '../dashboard/time-out.ts';
import type { ReplayDeps } from './deps.ts';

/** A plan is waited for by a person. */
const boundMs = 3_000;

/**
 * Of each derived state of a plan that can't be read now, why: said before hours of folding, which end without a
 * comparison. The replay can run all the same, and the state may be there by then.
 */
export async function foreseeComparisons(
  deps: Pick<ReplayDeps, 'clock' | 'derivedStates'>,
  contract: EngineContract,
  plan: Pick<Plan, 'compare'>,
): Promise<readonly string[]> {
  const found = await Promise.all(
    plan.compare.map(async (name) => {
      const state = contract.derivedStates[name];
      if (state === undefined) return null;
      try {
        await within(deps.clock, boundMs, name, deps.derivedStates.tryReading(state));
        return null;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return `${name} can't be read now, and would not be compared: ${why}`;
      }
    }),
  );
  return found.filter((each) => each !== null);
}

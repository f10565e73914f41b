import type { EngineEvent, Projection } from '../contract/index.ts';
import { copyState, sameState, stateProblem } from './canonical-state.ts';
import { copyEvent } from './copy-event.ts';
import { refuseImpure } from './event-reader.ts';
import { isPromise, refusePromise } from './promises.ts';

/**
 * F was called on `first` with an event that is not applied after all, and may have changed it. Whether the same call
 * comes to the same on a copy of `second`, which has not seen the event: `first` is then given up for it, and with it
 * would go what an F that is not deterministic has left there. `failed` says whether F itself refused the event. Throws
 * RepriseError projection-impure.
 */
export function isRefusedAlike(
  { apply }: Projection<unknown, EngineEvent>,
  { first, second }: { readonly first: unknown; readonly second: unknown },
  call: { readonly event: EngineEvent; readonly offset: number; readonly failed: boolean },
): boolean {
  // A state that can't be written ends the replay, whatever else is wrong with it.
  if (stateProblem(second, undefined) !== null) return true;
  const own = copyState(second);
  let failed = false;
  try {
    const next = apply(own, copyEvent(call.event));
    if (isPromise(next)) refusePromise(next);
    failed = stateProblem(next, own) !== null;
  } catch (error) {
    refuseImpure(error, 'The projection', call.event.type, call.offset);
    failed = true;
  }
  if (failed !== call.failed) return false;
  // What is no JSON can't be compared: that both are none has to do.
  if (stateProblem(first, undefined) !== null) return stateProblem(own, undefined) !== null;
  return sameState(first, own);
}

import type { DerivedState, EngineContract, EngineEvent, Scalar } from '../contract/index.ts';
import { copyState } from '../replay/index.ts';
import { expectedOrNull } from './compare-row.ts';

/** One record of a key's own history, as the fold saw it. */
export type KeyEvent = {
  readonly partition: number;
  readonly offset: string;
  readonly timestampMs: number;
  /** The event as F gets it; null where the record never became one. */
  readonly event: EngineEvent | null;
  readonly eventId: string | null;
  readonly eventType: string | null;
  /** The version it was written in. */
  readonly version: number | null;
  /** Its data in that version, before any upcasting; undefined where it was written in the latest. */
  readonly earlierData: unknown;
  readonly outcome: 'applied' | 'duplicate' | 'conflicting-duplicate' | 'filtered' | 'quarantined';
  /** `p<partition>:<offset>` of the first delivery, for a duplicate. */
  readonly duplicateOf: string | null;
  /** Why, for what was not applied. */
  readonly detail: string | null;
};

/** An event with the state before and after it. States are F's own values; show them through the derived fields. */
export type TracedEvent = KeyEvent & { readonly before: unknown; readonly after: unknown };

/**
 * Folds a key's events in order, keeping every state between them: each call of F gets a copy, so that one which
 * changes its argument leaves the states before it as they were.
 */
export function traceKey(
  contract: EngineContract,
  key: string,
  events: readonly KeyEvent[],
): readonly TracedEvent[] {
  let state = contract.projection.initial(key);
  return events.map((each) => {
    const before = state;
    if (each.outcome === 'applied' && each.event)
      state = contract.projection.apply(copyState(state), each.event);
    return { ...each, before, after: state };
  });
}

/** A state as the derived states' fields see it, each field once; `null` where `expectedOrNull` says so. */
export function fieldsSeen(
  derivedStates: Readonly<Record<string, DerivedState<unknown>>>,
  state: unknown,
): Readonly<Record<string, Scalar>> {
  const seen: Record<string, Scalar> = {};
  for (const definition of Object.values(derivedStates)) {
    const fields = expectedOrNull(definition, state);
    for (const name of Object.keys(definition.fields)) seen[name] ??= fields?.[name] ?? null;
  }
  return seen;
}

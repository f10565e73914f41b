import type { DerivedState, EngineContract, EngineEvent, Scalar } from '../contract/index.ts';
import {
  copyEvent,
  copyState,
  isPromise,
  refuseImpure,
  refusePromise,
  sentenceOf,
  stateProblem,
} from '../replay/index.ts';
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

/** What F makes of something, or why it would not have it. */
export type Made = { readonly state: unknown } | { readonly why: string };

/** F's initial state of a key. Throws RepriseError projection-impure. */
export function initialState(contract: EngineContract, key: string, events: readonly KeyEvent[]): Made {
  try {
    return { state: contract.projection.initial(key) };
  } catch (error) {
    const [first] = events;
    refuseImpure(error, 'The projection', first?.eventType ?? null, Number(first?.offset ?? 0));
    return { why: `The initial state could not be made: ${sentenceOf(error)}` };
  }
}

/** What F makes of copies of an event and of a state, so that both stay as they were. Throws RepriseError projection-impure. */
export function applyToCopy(
  contract: EngineContract,
  state: unknown,
  event: EngineEvent,
  offset: string,
): Made {
  try {
    const own = copyState(state);
    const next = contract.projection.apply(own, copyEvent(event));
    if (isPromise(next)) return { why: `The projection ${refusePromise(next)}` };
    const problem = stateProblem(next, own);
    return problem === null
      ? { state: next }
      : { why: `The projection refused it: its state is no JSON, it ${problem}.` };
  } catch (error) {
    refuseImpure(error, 'The projection', event.type, Number(offset));
    return { why: `The projection refused it: ${sentenceOf(error)}` };
  }
}

/**
 * Folds a key's events in order, keeping every state between them. An event that F refuses here, though a fold has
 * applied it (in another order, or on another state), is quarantined with why, and leaves the state as it was.
 */
export function traceKey(
  contract: EngineContract,
  key: string,
  events: readonly KeyEvent[],
): readonly TracedEvent[] {
  const start = initialState(contract, key, events);
  let state = 'why' in start ? null : start.state;
  return events.map((each) => {
    const before = state;
    if (each.outcome !== 'applied' || each.event === null) return { ...each, before, after: state };
    const made = 'why' in start ? start : applyToCopy(contract, state, each.event, each.offset);
    if ('why' in made) return { ...each, outcome: 'quarantined', detail: made.why, before, after: state };
    state = made.state;
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

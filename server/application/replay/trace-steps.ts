import type { EngineContract } from '../../domain/contract/index.ts';
import { type Explanation, fieldsSeen, type KeyEvent, traceKey } from '../../domain/reconciliation/index.ts';
import type { TraceStep } from '../views.ts';
import type { Parked } from './parked-events.ts';

/** What else is known of a key: where its events were parked, and what explains its discrepancies. */
export type TraceContext = {
  /** Dead letters by event id, per derived state. */
  readonly deadLetters: ReadonlyMap<string, Parked>;
  readonly explanations: ReadonlyMap<string, Explanation>;
};

/** A key's events as a page shows them: each with the figures before and after, never with its payload. */
export function traceSteps(
  contract: EngineContract,
  key: string,
  events: readonly KeyEvent[],
  context: TraceContext,
): readonly TraceStep[] {
  return traceKey(contract, key, events).map((each) => ({
    partition: each.partition,
    offset: each.offset,
    at: new Date(each.timestampMs).toISOString(),
    eventId: each.eventId,
    eventType: each.eventType,
    version: each.version,
    outcome: each.outcome,
    duplicateOf: each.duplicateOf,
    detail: each.detail,
    before: fieldsSeen(contract.derivedStates, each.before),
    after: fieldsSeen(contract.derivedStates, each.after),
    deadLetters: [...context.deadLetters].flatMap(([derivedState, { letters }]) => {
      const letter = each.eventId === null ? undefined : letters.get(each.eventId);
      return letter === undefined
        ? []
        : [{ derivedState, topic: letter.topic, offset: letter.offset, cause: letter.cause }];
    }),
    explains: [...context.explanations].flatMap(([derivedState, { candidates }]) =>
      candidates
        .filter((c) => c.partition === each.partition && c.offset === each.offset)
        .map(({ cause, certainty }) => ({ derivedState, cause, certainty })),
    ),
  }));
}

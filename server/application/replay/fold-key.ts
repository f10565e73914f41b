import type { EngineContract } from '../../domain/contract/index.ts';
import type { KeyEvent } from '../../domain/reconciliation/index.ts';
import {
  anyProblem,
  copyEvent,
  copyState,
  hiddenProblemSentence,
  isPromise,
  isRefusedAlike,
  refuseImpure,
  refusePromise,
  sameState,
  sentenceOf,
  setApart,
  stateProblem,
  storedState,
} from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';

/** What one key's own events, in their order, come to. `last` is null where none was applied. */
export type FoldedKey = {
  readonly state: string;
  readonly applied: number;
  readonly last: KeyEvent | null;
  readonly deterministic: boolean;
  /** Events that F refused in this order, with why. */
  readonly refused: readonly { readonly event: KeyEvent; readonly why: string }[];
};

/**
 * Folds one key from its beginning, or on from a state as it is stored (`onto`), twice, as every fold is. F refusing an event leaves the state as it was. Throws
 * RepriseError projection-failed where what it comes to can't be written, and projection-impure where F reaches for
 * what it must not: that is no event refused, and ends the replay as it does in a partition's fold.
 */
export function foldKey(
  contract: EngineContract,
  key: string,
  events: readonly KeyEvent[],
  onto: { readonly state: string } | null = null,
): FoldedKey {
  const { apply } = contract.projection;
  const applicable = events.filter((each) => each.outcome === 'applied' && each.event !== null);
  const start =
    onto === null
      ? initialStates(contract, key, applicable[0])
      : { first: JSON.parse(onto.state) as unknown, second: JSON.parse(onto.state) as unknown };
  if ('why' in start) {
    const refused = applicable.map((event) => ({ event, why: start.why }));
    return { state: 'null', applied: 0, last: null, deterministic: true, refused };
  }
  let { first, second } = start;
  let last: KeyEvent | null = null;
  let applied = 0;
  let isAlike = true;
  const refused: { event: KeyEvent; why: string }[] = [];
  for (const each of applicable) {
    if (each.event === null) continue;
    // The events at hand are folded more than once: compared at several positions, traced, explained.
    const own = copyEvent(each.event);
    try {
      const next = apply(first, own);
      if (isPromise(next)) throw new Error(`it ${refusePromise(next)}`);
      const problem = stateProblem(next, first);
      if (problem !== null) throw new Error(`its state ${problem}`);
      first = next;
    } catch (error) {
      refuseImpureAt(error, each);
      refused.push({ event: each, why: sentenceOf(error) });
      const call = { event: own, offset: Number(each.offset), failed: true };
      isAlike &&= isRefusedAlike(contract.projection, { first, second }, call);
      // F may have changed the state before it failed, the order of its names too; the second fold has not seen the event.
      first = copyState(second);
      continue;
    }
    last = each;
    applied += 1;
    try {
      second = apply(second, copyEvent(own));
    } catch (error) {
      refuseImpureAt(error, each);
      isAlike = false;
    }
  }
  const problem = last === null ? null : anyProblem(first);
  if (last !== null && problem !== null) {
    const sentence = hiddenProblemSentence(problem, last.eventType ?? 'An event', last.offset);
    throw new RepriseError('projection-failed', sentence, {
      where: `partition ${last.partition}, offset ${last.offset}`,
    });
  }
  const deterministic = isAlike && sameState(first, second);
  return { state: storedState(first), applied, last, deterministic, refused };
}

function initialStates(
  contract: EngineContract,
  key: string,
  event: KeyEvent | undefined,
): { readonly first: unknown; readonly second: unknown } | { readonly why: string } {
  try {
    const [first, second] = setApart(contract.projection.initial(key), contract.projection.initial(key));
    return { first, second };
  } catch (error) {
    if (event !== undefined) refuseImpureAt(error, event);
    return { why: `The initial state could not be made: ${sentenceOf(error)}` };
  }
}

const refuseImpureAt = (error: unknown, { eventType, offset }: KeyEvent) =>
  refuseImpure(error, 'The projection', eventType, Number(offset));

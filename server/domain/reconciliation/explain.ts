import type { DerivedState, EngineContract, EngineEvent, Scalar } from '../contract/index.ts';
import { copyState } from '../replay/index.ts';
import { expectedFields, sameScalar } from './compare-row.ts';
import type { KeyEvent } from './trace.ts';
import type { Candidate, Explanation, ExplanationCause } from './types.ts';

/** Where a derived state parked an event, by the event's id. */
export type ParkedEvent = NonNullable<Candidate['deadLetter']>;

export type ExplainInput = {
  readonly contract: EngineContract;
  readonly derivedState: DerivedState<unknown>;
  readonly key: string;
  /** Every record of the key up to the derived state's position, in fold order. */
  readonly events: readonly KeyEvent[];
  /** The live row's fields; null where there is no row. */
  readonly live: Readonly<Record<string, Scalar>> | null;
  readonly parked: ReadonlyMap<string, ParkedEvent>;
  /** Why events may have been parked that are not among these, as the end of a sentence; null: these are all. */
  readonly parkedIncomplete: string | null;
  /** How many calls of F the search may make; what it did not get to is said. */
  readonly budget: number;
};

/** Candidates shown at the most; the sentence says how many more fit. */
const shown = 20;
/** How far an event is moved when late application is tried: farther moves are rarer and cost n² folds. */
const farthestMove = 8;

type Step = { readonly at: KeyEvent; readonly event: EngineEvent };
type Search = {
  readonly input: ExplainInput;
  readonly steps: readonly Step[];
  /** prefix[i]: the state after the first i events. */
  readonly prefix: readonly unknown[];
  readonly found: Candidate[];
  spent: number;
  cut: boolean;
};

/**
 * Searches the fold for the one event that accounts for a discrepancy: folded with one thing changed, does every
 * compared field equal the live one? All that fit are returned; what other evidence proves comes first.
 */
export function explainDiscrepancy(input: ExplainInput): Explanation {
  const steps = input.events.flatMap((at): Step[] =>
    at.outcome === 'applied' && at.event ? [{ at, event: at.event }] : [],
  );
  const search: Search = {
    input,
    steps,
    prefix: prefixes(input, steps),
    found: [],
    spent: steps.length,
    cut: false,
  };
  // What other evidence points at is tried first, so that a cut search still finds it.
  const order = steps
    .map((_, at) => at)
    .toSorted((a, b) => evidence(search, b) - evidence(search, a) || b - a);
  for (const at of order) tryNeverApplied(search, at);
  tryRedeliveries(search);
  for (const at of order) tryAppliedTwice(search, at);
  for (const at of order) tryWrongVersion(search, at);
  tryNothingAfter(search);
  for (const at of order) tryOutOfOrder(search, at);
  const explanation = conclude(search);
  const { parkedIncomplete } = input;
  if (parkedIncomplete === null || explanation.candidates.some((each) => each.deadLetter !== null))
    return explanation;
  const open = `Whether an event was parked is not known: ${parkedIncomplete}`;
  return { ...explanation, sentence: `${explanation.sentence} ${open}` };
}

function prefixes(input: ExplainInput, steps: readonly Step[]): readonly unknown[] {
  const states: unknown[] = [input.contract.projection.initial(input.key)];
  for (const step of steps)
    states.push(input.contract.projection.apply(copyState(states[states.length - 1]), step.event));
  return states;
}

function evidence(search: Search, at: number): number {
  const id = search.steps[at]?.at.eventId;
  if (id == null) return 0;
  if (search.input.parked.has(id)) return 2;
  return redeliveryOf(search.input, id) ? 1 : 0;
}

function redeliveryOf(input: ExplainInput, eventId: string): KeyEvent | undefined {
  return input.events.find(
    (each) =>
      each.eventId === eventId && (each.outcome === 'duplicate' || each.outcome === 'conflicting-duplicate'),
  );
}

/** Folds events onto a state; null when the budget is spent or F refuses this order of events. */
function foldOn(
  search: Search,
  from: unknown,
  events: readonly EngineEvent[],
): { readonly state: unknown } | null {
  if (search.spent + events.length > search.input.budget) {
    search.cut = true;
    return null;
  }
  search.spent += events.length;
  try {
    let state = copyState(from);
    for (const event of events) state = search.input.contract.projection.apply(state, event);
    return { state };
  } catch {
    // F may refuse a history that never was; then this is not what happened.
    return null;
  }
}

function fits(search: Search, state: unknown, anyApplied: boolean): boolean {
  const { derivedState, live } = search.input;
  let expected: ReturnType<typeof expectedFields>;
  try {
    expected = anyApplied ? expectedFields(derivedState, state) : null;
  } catch {
    // The contract can't say it of a state that never was.
    return false;
  }
  if (expected === null || live === null) return expected === live;
  return Object.keys(derivedState.fields).every((name) =>
    sameScalar(expected[name] ?? null, live[name] ?? null),
  );
}

function eventsFrom(search: Search, at: number): readonly EngineEvent[] {
  return search.steps.slice(at).map((step) => step.event);
}

function tryNeverApplied(search: Search, at: number): void {
  const result = foldOn(search, search.prefix[at], eventsFrom(search, at + 1));
  if (result && fits(search, result.state, search.steps.length > 1)) note(search, 'never-applied', at, null);
}

/** An event applied again where its redelivery stands. */
function tryRedeliveries(search: Search): void {
  for (const [place, record] of search.input.events.entries()) {
    if (record.outcome !== 'duplicate' && record.outcome !== 'conflicting-duplicate') continue;
    const first = search.steps.findIndex((step) => step.at.eventId === record.eventId);
    const step = search.steps[first];
    if (!step) continue;
    const before = search.input.events
      .slice(0, place)
      .filter((each) => each.outcome === 'applied' && each.event).length;
    const again = record.event ?? step.event;
    const result = foldOn(search, search.prefix[before], [again, ...eventsFrom(search, before)]);
    if (result && fits(search, result.state, true)) note(search, 'applied-twice', first, record.offset);
  }
}

/** An event applied twice in a row, though history holds it once: a consumer that crashed between effect and commit. */
function tryAppliedTwice(search: Search, at: number): void {
  const step = search.steps[at];
  if (!step || (step.at.eventId !== null && redeliveryOf(search.input, step.at.eventId))) return;
  const result = foldOn(search, search.prefix[at + 1], [step.event, ...eventsFrom(search, at + 1)]);
  if (result && fits(search, result.state, true)) note(search, 'applied-twice', at, null);
}

function tryWrongVersion(search: Search, at: number): void {
  const step = search.steps[at];
  if (!step || step.at.earlierData === undefined) return;
  const misread: EngineEvent = { ...step.event, data: step.at.earlierData };
  const result = foldOn(search, search.prefix[at], [misread, ...eventsFrom(search, at + 1)]);
  if (result && fits(search, result.state, true)) note(search, 'read-with-wrong-version', at, null);
}

/** The state stopped: what it shows is the fold up to some event. Leaving out only the last is 'never applied'. */
function tryNothingAfter(search: Search): void {
  for (let length = search.steps.length - 2; length >= 1; length -= 1) {
    if (fits(search, search.prefix[length], true)) {
      note(search, 'nothing-after-offset', length - 1, null);
      return;
    }
  }
}

function tryOutOfOrder(search: Search, at: number): void {
  const step = search.steps[at];
  if (!step) return;
  for (let distance = 1; distance <= farthestMove && at + distance < search.steps.length; distance += 1) {
    const passed = search.steps.slice(at + 1, at + 1 + distance).map((each) => each.event);
    const rest = eventsFrom(search, at + 1 + distance);
    const result = foldOn(search, search.prefix[at], [...passed, step.event, ...rest]);
    if (result && fits(search, result.state, true)) {
      note(search, 'applied-out-of-order', at, null);
      return;
    }
  }
}

function note(search: Search, cause: ExplanationCause, at: number, redeliveredAt: string | null): void {
  const step = search.steps[at];
  if (!step) return;
  const { at: record } = step;
  const deadLetter =
    (cause === 'never-applied' && record.eventId !== null && search.input.parked.get(record.eventId)) || null;
  search.found.push({
    cause,
    eventId: record.eventId ?? '',
    eventType: record.eventType ?? step.event.type,
    eventVersion: record.version ?? 1,
    partition: record.partition,
    offset: record.offset,
    redeliveredAt,
    deadLetter,
    certainty: deadLetter !== null || redeliveredAt !== null ? 'proven' : 'fits',
  });
}

function conclude(search: Search): Explanation {
  const ranked = search.found.toSorted((a, b) => rank(a) - rank(b));
  const limit = search.cut ? ` The search stopped after ${search.spent} steps, so others may fit too.` : '';
  const [best] = ranked;
  if (!best) {
    return {
      outcome: search.cut ? 'not-searched' : 'none',
      candidates: [],
      sentence: search.cut
        ? `This key has ${search.steps.length} events: too many to search in full, and nothing that was tried fits.`
        : search.input.live === null && search.steps.length > 1
          ? `There is no row: none of the ${search.steps.length} events of this key seems to have been applied.`
          : 'No single event, left out, doubled, misread or moved, makes the figures equal.',
    };
  }
  if (ranked.length === 1)
    return { outcome: 'one', candidates: ranked, sentence: `One event accounts for it.${limit}` };
  const proven = ranked.filter((each) => each.certainty === 'proven').length;
  const more = ranked.length > shown ? ` The first ${shown} are shown.` : '';
  return {
    outcome: 'several',
    candidates: ranked.slice(0, shown),
    sentence: `${ranked.length} events would each account for it, ${proven === 0 ? 'and nothing else tells them apart' : `${proven} of them proven by other evidence`}.${more}${limit}`,
  };
}

const causeRank: Record<ExplanationCause, number> = {
  'never-applied': 0,
  'applied-twice': 1,
  'read-with-wrong-version': 2,
  'nothing-after-offset': 3,
  'applied-out-of-order': 4,
};

function rank(candidate: Candidate): number {
  return (candidate.certainty === 'proven' ? 0 : 10) + causeRank[candidate.cause];
}

import type { DerivedState, EngineContract, EngineEvent, Scalar } from '../contract/index.ts';
import { copyEvent, copyState } from '../replay/index.ts';
import { expectedFields, sameScalar } from './compare-row.ts';
import { applyToCopy, initialState, type KeyEvent } from './trace.ts';
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
/** After so many calls of F at most the search pauses, also within one candidate. */
const callsAtOnce = 256;

/** Work in pieces: its caller goes on with it when others have had their turn. */
type Pausing<Result> = Generator<undefined, Result, undefined>;

type Step = { readonly at: KeyEvent; readonly event: EngineEvent };
type Search = {
  readonly input: ExplainInput;
  readonly steps: readonly Step[];
  /** prefix[i]: the state after the first i events. */
  readonly prefix: readonly unknown[];
  /** Ids that were delivered again. */
  readonly redelivered: ReadonlySet<string>;
  readonly found: Candidate[];
  spent: number;
  cut: boolean;
};

/**
 * Searches the fold for the one event that accounts for a discrepancy: folded with one thing changed, does every
 * compared field equal the live one? All that fit are returned; what other evidence proves comes first. A long
 * history takes a while, so the search pauses between candidates and within long ones.
 */
export function* explainDiscrepancy(input: ExplainInput): Pausing<Explanation> {
  const { steps, prefix, refused } = yield* foldInOrder(input);
  const search: Search = {
    input,
    steps,
    prefix,
    redelivered: new Set(input.events.flatMap((each) => (isRedelivery(each) ? (each.eventId ?? []) : []))),
    found: [],
    spent: steps.length,
    cut: false,
  };
  yield* tryAll(search);
  const explanation = conclude(search);
  const { parkedIncomplete } = input;
  const open = [
    refused === 0
      ? null
      : `${refused} ${refused === 1 ? 'event' : 'events'} that the projection refuses in this order ${refused === 1 ? 'is' : 'are'} left out.`,
    parkedIncomplete === null || explanation.candidates.some((each) => each.deadLetter !== null)
      ? null
      : `Whether an event was parked is not known: ${parkedIncomplete}`,
  ];
  const sentences = [explanation.sentence, ...open.filter((each) => each !== null)];
  return { ...explanation, sentence: sentences.join(' ') };
}

function* tryAll(search: Search): Pausing<void> {
  // What other evidence points at is tried first, so that a cut search still finds it.
  const order = search.steps
    .map((step, at) => ({ at, evidence: evidence(search, step.at) }))
    .toSorted((a, b) => b.evidence - a.evidence || b.at - a.at)
    .map(({ at }) => at);
  for (const at of order) yield* tryNeverApplied(search, at);
  yield* tryRedeliveries(search);
  for (const at of order) yield* tryAppliedTwice(search, at);
  for (const at of order) yield* tryWrongVersion(search, at);
  yield* tryNothingAfter(search);
  for (const at of order) yield* tryOutOfOrder(search, at);
}

/** The events that F applies, with every state between them; an event that it refuses is left out, and counted. */
function* foldInOrder(
  input: ExplainInput,
): Pausing<Pick<Search, 'steps' | 'prefix'> & { readonly refused: number }> {
  const { contract, key, events } = input;
  const start = initialState(contract, key, events);
  let state = 'why' in start ? null : start.state;
  const prefix: unknown[] = [state];
  const steps: Step[] = [];
  let refused = 0;
  for (const at of events) {
    if (at.outcome !== 'applied' || at.event === null) continue;
    if (steps.length % callsAtOnce === 0) yield;
    const made = 'why' in start ? start : applyToCopy(contract, state, at.event, at.offset);
    if ('why' in made) {
      refused += 1;
      continue;
    }
    state = made.state;
    prefix.push(state);
    steps.push({ at, event: at.event });
  }
  return { steps, prefix, refused };
}

function evidence({ input, redelivered }: Search, { eventId }: KeyEvent): number {
  if (eventId === null) return 0;
  if (input.parked.has(eventId)) return 2;
  return redelivered.has(eventId) ? 1 : 0;
}

const isRedelivery = ({ outcome }: KeyEvent) =>
  outcome === 'duplicate' || outcome === 'conflicting-duplicate';

/**
 * Folds some events onto the state after the first `from` of them, and then all from `rest` on; null when the budget
 * does not reach or F refuses this order of events. Another candidate may need fewer calls, so each is asked for.
 */
function* foldOn(
  search: Search,
  from: number,
  changed: readonly EngineEvent[],
  rest: number,
): Pausing<{ readonly state: unknown } | null> {
  yield;
  const { steps, input } = search;
  const calls = changed.length + steps.length - rest;
  if (search.spent + calls > input.budget) {
    search.cut = true;
    return null;
  }
  search.spent += calls;
  try {
    let state = copyState(search.prefix[from]);
    for (const event of changed) state = input.contract.projection.apply(state, copyEvent(event));
    for (let at = rest; at < steps.length; at += 1) {
      const step = steps[at];
      if (step !== undefined) state = input.contract.projection.apply(state, copyEvent(step.event));
      if ((at - rest) % callsAtOnce === callsAtOnce - 1) yield;
    }
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

function* tryNeverApplied(search: Search, at: number): Pausing<void> {
  const result = yield* foldOn(search, at, [], at + 1);
  if (result && fits(search, result.state, search.steps.length > 1)) note(search, 'never-applied', at, null);
}

/** An event applied again where its redelivery stands. */
function* tryRedeliveries(search: Search): Pausing<void> {
  const { steps } = search;
  const stepOf = new Map<string | null, number>();
  for (const [at, { at: record }] of steps.entries()) {
    if (!stepOf.has(record.eventId)) stepOf.set(record.eventId, at);
  }
  let before = 0;
  for (const record of search.input.events) {
    if (record.outcome === 'applied' && record.event) before += 1;
    const first = isRedelivery(record) ? stepOf.get(record.eventId) : undefined;
    const step = first === undefined ? undefined : steps[first];
    if (first === undefined || step === undefined) continue;
    const result = yield* foldOn(search, before, [record.event ?? step.event], before);
    if (result && fits(search, result.state, true)) note(search, 'applied-twice', first, record.offset);
  }
}

/** An event applied twice in a row, though history holds it once: a consumer that crashed between effect and commit. */
function* tryAppliedTwice(search: Search, at: number): Pausing<void> {
  const step = search.steps[at];
  if (!step || (step.at.eventId !== null && search.redelivered.has(step.at.eventId))) return;
  const result = yield* foldOn(search, at + 1, [step.event], at + 1);
  if (result && fits(search, result.state, true)) note(search, 'applied-twice', at, null);
}

function* tryWrongVersion(search: Search, at: number): Pausing<void> {
  const step = search.steps[at];
  if (!step || step.at.earlierData === undefined) return;
  const misread: EngineEvent = { ...step.event, data: step.at.earlierData };
  const result = yield* foldOn(search, at, [misread], at + 1);
  if (result && fits(search, result.state, true)) note(search, 'read-with-wrong-version', at, null);
}

/** The state stopped: what it shows is the fold up to some event. Leaving out only the last is 'never applied'. */
function* tryNothingAfter(search: Search): Pausing<void> {
  for (let length = search.steps.length - 2; length >= 1; length -= 1) {
    yield;
    if (fits(search, search.prefix[length], true)) {
      note(search, 'nothing-after-offset', length - 1, null);
      return;
    }
  }
}

function* tryOutOfOrder(search: Search, at: number): Pausing<void> {
  const step = search.steps[at];
  if (!step) return;
  for (let distance = 1; distance <= farthestMove && at + distance < search.steps.length; distance += 1) {
    const passed = search.steps.slice(at + 1, at + 1 + distance).map((each) => each.event);
    const result = yield* foldOn(search, at, [...passed, step.event], at + 1 + distance);
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

import type { DerivedState, EngineContract, Scalar } from '../../domain/contract/index.ts';
import { besideHistory } from '../../domain/dead-letters/index.ts';
import {
  type Explanation,
  expectedOrNull,
  explainDiscrepancy,
  type KeyEvent,
  type ParkedEvent,
  sameScalar,
  traceKey,
} from '../../domain/reconciliation/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Correction } from '../ports/redrives.ts';
import type { DiscrepancyRow, ExplainedKey } from '../ports/result-store.ts';
import { correctionsBeside, namedCorrections } from './beside-history.ts';
import { readKeyHistories } from './key-events.ts';
import type { KeyHistory } from './key-histories.ts';
import { withHistory } from './open-contract.ts';
import { type Parked, parkedEvents } from './parked-events.ts';
import { breaths, finishPhase, isBaseOutOfReach, type Phase, throughPauses } from './phase.ts';
import { positionsCompared } from './positions-compared.ts';
import type { OpenHistory } from './state-overlay.ts';
import { loadSubjects } from './subjects.ts';
import { traceSteps } from './trace-steps.ts';

/** Per derived state the largest differences are searched; the rest is counted as not searched, and never as explained. */
const keysSearched = 1_000;
const eventsPerKey = 20_000;
/** Calls of F that the search of one key may make. */
const callsPerKey = 400_000;
const tracesKept = 200;

type ToExplain = DiscrepancyRow & { readonly derivedState: string };

/** Searches the fold for the one event that accounts for each of the largest differences. */
export async function explainDifferences(phase: Phase): Promise<void> {
  const { deps, replayId } = phase;
  const wanted = await largestDifferences(phase);
  const { explained, traces } = await searched(phase, wanted);
  await finishPhase(phase, async (tx) => {
    await deps.results.explain(tx, replayId, explained);
    await deps.results.explainRest(tx, replayId, {
      outcome: 'not-searched',
      candidates: [],
      sentence: `Only the ${keysSearched} largest differences of a derived state are searched.`,
    });
    await deps.results.saveTraces(tx, replayId, traces);
    return {};
  });
}

type Searched = {
  readonly explained: readonly ExplainedKey[];
  readonly traces: readonly { readonly key: string; readonly steps: readonly object[] }[];
};

async function searched(phase: Phase, wanted: readonly ToExplain[]): Promise<Searched> {
  if (wanted.length === 0) return { explained: [], traces: [] };
  try {
    return await search(phase, wanted);
  } catch (error) {
    if (!(error instanceof RepriseError && isBaseOutOfReach(phase, error))) throw error;
    const sentence = `Its events from before this replay can't be read. ${error.message}`;
    return { explained: wanted.map((each) => notSearched(each, sentence)), traces: [] };
  }
}

async function search(phase: Phase, wanted: readonly ToExplain[]): Promise<Searched> {
  const { deps, running } = phase;
  const explained: ExplainedKey[] = [];
  const traces: { key: string; steps: readonly object[] }[] = [];
  const keys = new Set(wanted.map((each) => each.key));
  const { histories, parked, appliedBy } = await readHistories(phase, keys);
  const beside = await correctionsBeside(deps, running.contract, { keys: [...keys] });
  const corrected = Map.groupBy(beside, ({ key }) => key);
  const breathe = breaths(deps.clock);
  // One key's search can take many seconds: leases are renewed within it, and cancelling is heard.
  const pause = async () => {
    await breathe();
    phase.signal.throwIfAborted();
  };
  for (const [derivedState, rows] of Map.groupBy(wanted, (each) => each.derivedState)) {
    const applied = histories.within(appliedBy.get(derivedState));
    for (const each of rows) {
      await pause();
      const finding = explainOne(phase, each, applied.get(each.key), parked.get(derivedState));
      const found = await throughPauses(finding, pause);
      explained.push(withCorrections(found, corrected.get(each.key) ?? [], applied.get(each.key)));
    }
  }
  const whole = histories.within();
  for (const [key, own] of Map.groupBy(explained, (each) => each.key)) {
    await breathe();
    const history = whole.get(key);
    if (traces.length >= tracesKept || history === undefined || history.overflow) continue;
    const explanations = new Map(own.map((each) => [each.derivedState, each.explanation]));
    const context = { deadLetters: parked, explanations };
    traces.push({ key, steps: traceSteps(running.contract, key, history.events, context) });
  }
  return { explained, traces };
}

/**
 * Says which edited events the state has reprocessed that its history does not hold. They are not folded: a position
 * among the others they have none. What the history got later it holds.
 */
function withCorrections(
  { explanation, ...of }: ExplainedKey,
  corrections: readonly Correction[],
  history: KeyHistory | undefined,
): ExplainedKey {
  const held = new Set(history?.events.map(({ eventId }) => eventId));
  const beside = corrections.filter(
    ({ derivedState, eventId }) => derivedState === of.derivedState && !held.has(eventId),
  );
  if (beside.length === 0) return { ...of, explanation };
  const sentence = `${explanation.sentence}${besideHistory(namedCorrections(beside))}`;
  return { ...of, explanation: { ...explanation, sentence } };
}

function notSearched({ derivedState, key }: ToExplain, sentence: string): ExplainedKey {
  return { derivedState, key, explanation: { outcome: 'not-searched', candidates: [], sentence } };
}

async function largestDifferences({ deps, replayId, running }: Phase): Promise<readonly ToExplain[]> {
  return deps.unitOfWork.run(async (tx) => {
    const wanted: ToExplain[] = [];
    for (const derivedState of running.plan.compare) {
      const rows = await deps.results.largest(tx, replayId, derivedState, keysSearched);
      wanted.push(...rows.map((row) => ({ ...row, derivedState })));
    }
    return wanted;
  });
}

async function readHistories(phase: Phase, keys: ReadonlySet<string>) {
  const { deps, running } = phase;
  const subjects = await loadSubjects(deps, running.contract);
  return withHistory(deps, running.contract, async ({ reader, decoder }) => {
    const history: OpenHistory = { reader, decoder, subjects };
    const { beyond, appliedBy } = await positionsCompared(phase, history);
    return {
      histories: await readKeyHistories(phase, history, keys, eventsPerKey, beyond),
      parked: await parkedEvents(deps, running.contract),
      appliedBy,
    };
  });
}

function* explainOne(
  { running }: Phase,
  wanted: ToExplain,
  history: KeyHistory | undefined,
  known: Parked | undefined,
): Generator<undefined, ExplainedKey, undefined> {
  const { derivedState: name, key } = wanted;
  const derivedState = running.contract.derivedStates[name];
  if (history === undefined || derivedState === undefined)
    return notSearched(wanted, 'Its history was not read.');
  if (history.overflow)
    return notSearched(wanted, `This key has more than ${eventsPerKey} events: too many to search.`);
  const parked = new Map<string, ParkedEvent>();
  for (const [id, { topic, partition, offset, cause }] of known?.letters ?? []) {
    parked.set(id, { topic, partition, offset, cause });
  }
  const { events } = history;
  const live = liveRow(running.contract, derivedState, wanted, events);
  if (live === undefined) {
    return notSearched(
      wanted,
      'Its events, read again, do not give the figures that were compared: the history moved on.',
    );
  }
  const budget = callsPerKey;
  const explanation: Explanation = yield* explainDiscrepancy({
    contract: running.contract,
    derivedState,
    key,
    events,
    live,
    parked,
    parkedIncomplete: known?.incomplete ?? null,
    budget,
  });
  return { derivedState: name, key, explanation };
}

type Fields = Readonly<Record<string, Scalar>>;

/**
 * The whole live row: the fields that differ as they were found, the others as history says. Null where there is
 * no row; undefined where the events at hand do not give what was compared.
 */
function liveRow(
  contract: EngineContract,
  derivedState: DerivedState<unknown>,
  wanted: ToExplain,
  events: readonly KeyEvent[],
): Fields | null | undefined {
  const live = Object.fromEntries(wanted.fields.map((field) => [field.field, field.live]));
  if (wanted.kind !== 'different') return wanted.kind === 'missing' ? null : live;
  const last = traceKey(contract, wanted.key, events).at(-1);
  const expected = last === undefined ? null : expectedOrNull(derivedState, last.after);
  if (expected === null) return undefined;
  const same = wanted.fields.every(({ field, history }) => sameScalar(expected[field] ?? null, history));
  return same ? { ...expected, ...live } : undefined;
}

import type { EngineContract, Scalar } from '../../domain/contract/index.ts';
import { causeShape, PARKED_AGAIN, splitBesideHistory } from '../../domain/dead-letters/index.ts';
import type { Remarks } from '../../domain/evidence/index.ts';
import {
  type Comparison,
  type Explanation,
  type FieldDifference,
  sameScalar,
} from '../../domain/reconciliation/index.ts';
import type { ChangeRow } from '../ports/promotions.ts';
import type { DiscrepancyChange, FindingRow, ReplayDetail, StateRow, TraceStep } from '../views.ts';

/** In the place of a value. Two that differ are told apart, and nothing else of them is told. */
export const HIDDEN = 'hidden';
export const HIDDEN_OTHER = 'hidden, another';

/** How a comparison says that the contract's code could not make a row of a state. */
export const OF_A_STATE = 'could not be computed from a replayed state: ';

type Fields = Readonly<Record<string, Scalar>>;

/** Which fields' values may be seen without being revealed: those that the contract says may be shown. */
export type Shown = {
  /** Of one derived state. */
  of(derivedState: string, field: string): boolean;
  /** Of what history says, which belongs to no one state: every state that has a field of this name shows it. */
  named(field: string): boolean;
  /** As `state.field`. */
  readonly hidden: readonly string[];
};

export function shownFields({ derivedStates }: Pick<EngineContract, 'derivedStates'>): Shown {
  const all = Object.entries(derivedStates).flatMap(([state, { fields }]) =>
    Object.entries(fields).map(([field, { shown }]) => ({ state, field, shown: shown === true })),
  );
  const hidden = new Set(all.filter((each) => !each.shown).map(({ state, field }) => `${state}.${field}`));
  const hiddenNames = new Set(all.filter((each) => !each.shown).map(({ field }) => field));
  const known = new Set(all.map(({ field }) => field));
  return {
    of: (state, field) => !hidden.has(`${state}.${field}`) && known.has(field),
    named: (field) => known.has(field) && !hiddenNames.has(field),
    hidden: [...hidden],
  };
}

/** What every one of these shows. A field that one of them hides or does not know is hidden; with none of them, all are. */
export function shownByAll(contracts: readonly Pick<EngineContract, 'derivedStates'>[]): Shown {
  if (contracts.length === 0) return { of: () => false, named: () => false, hidden: ['*'] };
  const all = contracts.map(shownFields);
  return {
    of: (state, field) => all.every((each) => each.of(state, field)),
    named: (field) => all.every((each) => each.named(field)),
    hidden: [...new Set(all.flatMap(({ hidden }) => hidden))],
  };
}

/**
 * What a contract's code, a decoder or a database has said in its own words comes after the first colon of a sentence
 * of ours, and may quote a value.
 */
export function hideWords(sentence: string): string {
  const at = sentence.indexOf(': ');
  return at < 0 ? sentence : `${sentence.slice(0, at)}: ${HIDDEN}, since these words may quote a value.`;
}

const WORDS = `${HIDDEN}, since these words may quote a value`;

/**
 * Of what a consumer wrote as the cause of a dead letter, what everybody may read on every page: the class or code that
 * it begins with. Its message quotes fields of the event, of which nobody has said that they may be seen, whatever
 * derived states show.
 */
export function hideCause(cause: string | null): string | null {
  const text = cause?.trim() ?? '';
  if (text === '') return cause;
  const { exception } = causeShape(text);
  if (text === exception) return exception;
  return text.startsWith(exception) ? `${exception}: ${WORDS}` : WORDS;
}

/** The same of why a letter of a redrive has failed: all else that is said of its end is ours, and quotes nothing. */
export const hideOutcome = (cause: string): string =>
  cause.startsWith(PARKED_AGAIN)
    ? `${PARKED_AGAIN}${hideCause(cause.slice(PARKED_AGAIN.length)) ?? ''}`
    : cause;

/** The same of the message alone, where the class stands beside it. */
export const hideMessage = (message: string): string => (message === '' ? '' : WORDS);

function maskDifference(field: FieldDifference): FieldDifference {
  const same = sameScalar(field.history, field.live);
  return { field: field.field, history: HIDDEN, live: same ? HIDDEN : HIDDEN_OTHER, delta: null };
}

const maskFields =
  (derivedState: string, shown: Shown) =>
  (field: FieldDifference): FieldDifference =>
    shown.of(derivedState, field.field) ? field : maskDifference(field);

function maskRecord(record: Fields, shown: Shown): Fields {
  return Object.fromEntries(
    Object.entries(record).map(([field, value]) => [field, shown.named(field) ? value : HIDDEN]),
  );
}

/** What a difference amounts to is a value too, where one of its fields is hidden. */
export function maskRow(row: StateRow, shown: Shown): StateRow {
  const differing = row.cells.flatMap(({ derivedState, fields }) =>
    fields
      .filter((each) => !sameScalar(each.history, each.live))
      .map(({ field }) => shown.of(derivedState, field)),
  );
  return {
    ...row,
    magnitude: differing.every(Boolean) ? row.magnitude : 1,
    history: row.history.map((each) =>
      shown.named(each.field) ? each : { field: each.field, value: HIDDEN },
    ),
    cells: row.cells.map((cell) => ({
      ...cell,
      fields: cell.fields.map(maskFields(cell.derivedState, shown)),
      explanation: cell.explanation && maskExplanation(cell.explanation),
    })),
  };
}

/** Which event explains it is no value; what a projector has written on a dead letter may quote one. */
function maskExplanation(explanation: Explanation): Explanation {
  return { ...hideCandidates(explanation), sentence: hideExplanation(explanation.sentence) };
}

function hideExplanation(sentence: string): string {
  const [before, ours] = splitBesideHistory(sentence) ?? [sentence, ''];
  return `${hideWords(before)}${ours}`;
}

const hideCandidates = (explanation: Explanation): Explanation => ({
  ...explanation,
  candidates: explanation.candidates.map((each) => ({
    ...each,
    deadLetter: each.deadLetter && { ...each.deadLetter, cause: hideCause(each.deadLetter.cause) },
  })),
});

/** Where fields are shown to everybody, causes are not. */
export const hideCausesOfRow = (row: StateRow): StateRow => ({
  ...row,
  cells: row.cells.map((cell) => ({
    ...cell,
    explanation: cell.explanation && hideCandidates(cell.explanation),
  })),
});

export const hideCausesOfStep = (step: TraceStep): TraceStep => ({
  ...step,
  deadLetters: step.deadLetters.map((each) => ({ ...each, cause: hideCause(each.cause) })),
});

/** Steps of which nothing is seen still show which fields an event changed. */
export function maskStep(step: TraceStep, shown: Shown): TraceStep {
  const after = Object.fromEntries(
    Object.entries(step.after).map(([field, value]) => {
      if (shown.named(field)) return [field, value];
      return [field, sameScalar(step.before[field] ?? null, value) ? HIDDEN : HIDDEN_OTHER];
    }),
  );
  return {
    ...hideCausesOfStep(step),
    detail: step.detail === null ? null : hideWords(step.detail),
    before: maskRecord(step.before, shown),
    after,
  };
}

export function maskFinding(finding: FindingRow): FindingRow {
  return { ...finding, detail: hideWords(finding.detail) };
}

/** That a store could not be reached is said as it is; what the contract's code has said of a state is not. */
export function maskComparison(comparison: Comparison): Comparison {
  const { problem } = comparison;
  return problem === null ? comparison : { ...comparison, problem: hideOfAState(problem) };
}

const hideOfAState = (problem: string) => (problem.includes(OF_A_STATE) ? hideWords(problem) : problem);

/** What a replay, or a look at a promotion that was carried out, has found of derived states and invariants. */
export function maskChecks<Checks extends Pick<ReplayDetail, 'comparisons' | 'invariants'>>(
  checks: Checks,
): Checks {
  return {
    ...checks,
    comparisons: checks.comparisons.map(maskComparison),
    invariants: checks.invariants.map((each) => ({
      ...each,
      problem: each.problem === null ? null : hideWords(each.problem),
    })),
  };
}

export const maskReplay = (replay: ReplayDetail): ReplayDetail => maskChecks(replay);

type Problems = Pick<Remarks, 'comparisons' | 'invariants'>;

/** The same of what stands beside a record of it. */
export function maskRemarks<Said extends Problems>(remarks: Said): Said {
  return {
    ...remarks,
    comparisons: eachOf(remarks.comparisons, hideOfAState),
    invariants: eachOf(remarks.invariants, hideWords),
  };
}

const eachOf = (problems: Readonly<Record<string, string>>, hide: (problem: string) => string) =>
  Object.fromEntries(Object.entries(problems).map(([name, problem]) => [name, hide(problem)]));

/** Whether anything of remarks is hidden where values are. */
export const mayQuoteValues = ({ comparisons, invariants }: Problems): boolean =>
  Object.values(comparisons).some((problem) => hideOfAState(problem) !== problem) ||
  Object.values(invariants).some((problem) => hideWords(problem) !== problem);

export function maskDiscrepancyChange(change: DiscrepancyChange, shown: Shown): DiscrepancyChange {
  const mask = maskFields(change.derivedState, shown);
  const side = (one: DiscrepancyChange['before']) => one && { ...one, fields: one.fields.map(mask) };
  return { ...change, before: side(change.before), after: side(change.after) };
}

export function maskChange(change: ChangeRow, derivedState: string, shown: Shown): ChangeRow {
  const hides = change.fields.some(({ field }) => !shown.of(derivedState, field));
  const { result } = change;
  const row = (fields: Fields | null, other: Fields | null): Fields | null =>
    fields === null
      ? null
      : Object.fromEntries(
          Object.entries(fields).map(([field, value]) => {
            if (shown.of(derivedState, field)) return [field, value];
            return [field, other === null || sameScalar(other[field] ?? null, value) ? HIDDEN : HIDDEN_OTHER];
          }),
        );
  return {
    ...change,
    explanation: change.explanation && hideExplanation(change.explanation),
    magnitude: hides ? 1 : change.magnitude,
    fields: change.fields.map(maskFields(derivedState, shown)),
    result:
      result === null
        ? null
        : { ...result, before: row(result.before, null), after: row(result.after, result.before) },
  };
}

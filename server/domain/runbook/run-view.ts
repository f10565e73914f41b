import { canonicalJson } from '../shared/canonical-json.ts';
import { isSaid, isSpared } from './actions.ts';
import { evaluateCondition } from './conditions.ts';
import { toText } from './references.ts';
import { resolveArguments } from './resolve.ts';
import { factsOf, type Outputs, type Run, type StepFacts } from './run.ts';
import type { Condition, Reference, Runbook, Step } from './runbook.ts';

/** What the run was given at its beginning, by name. */
export type Values = Readonly<Record<string, string | number | boolean>>;

export type StepState =
  | 'todo'
  | 'not-known-yet'
  | 'out'
  | 'waiting'
  | 'running'
  | 'done'
  /** It was done, with other values than it would be done with now. */
  | 'again'
  | 'failed'
  | 'skipped';

export type StepProgress = {
  readonly step: Step;
  readonly state: StepState;
  /** By its `when`; null: that needs what is not there yet, which `missing` names. */
  readonly applies: boolean | null;
  readonly missing: string | null;
  /** Of a step that is done: the parameters of its action that have become others since. */
  readonly changed: readonly string[];
  /** Of what shows a symptom: whether it does, and by which figures. null: nobody has looked. */
  readonly symptom: { readonly shown: boolean | null; readonly figure: string } | null;
};

export type RunView = {
  readonly steps: readonly StepProgress[];
  /** The id of the step to do next; null: none is left. */
  readonly current: string | null;
};

/** Values by reference: what the run was given, and what steps gave when they last succeeded. */
export function valuesOf(
  run: Pick<Run, 'steps'>,
  parameters: Values,
): (reference: Reference) => string | number | boolean | null {
  return ({ step, name }) => {
    const from: Values | Outputs = step === null ? parameters : (factsOf(run, step).outputs ?? {});
    return Object.hasOwn(from, name) ? (from[name] ?? null) : null;
  };
}

/** How far a run is: every step with its state, in the order of the file. The first that is left is the current one. */
export function viewRun(runbook: Runbook, run: Pick<Run, 'steps'>, parameters: Values): RunView {
  const lookUp = valuesOf(run, parameters);
  const steps = runbook.steps.map((step) => {
    const facts = factsOf(run, step.id);
    return progressOf(step, facts, lookUp, changedOf(step, facts, lookUp, parameters));
  });
  const current = steps.find(({ state }) => !['done', 'skipped', 'out'].includes(state));
  return { steps, current: current?.step.id ?? null };
}

function progressOf(
  step: Step,
  facts: StepFacts,
  lookUp: (reference: Reference) => unknown,
  changed: readonly string[],
): StepProgress {
  const holds = step.when === null ? { kind: 'true' as const } : evaluateCondition(step.when, lookUp);
  const applies = holds.kind === 'unknown' ? null : holds.kind === 'true';
  return {
    step,
    applies,
    missing: holds.kind === 'unknown' ? holds.missing : null,
    changed,
    state: stateOf(facts, applies, changed.length > 0),
    symptom: symptomOf(step, facts, lookUp),
  };
}

/** What has happened goes before what would be: a step that was done stays so, also where it would be out by now. */
function stateOf({ open, last }: StepFacts, applies: boolean | null, isChanged: boolean): StepState {
  if (open !== null) return open.status === 'awaiting-approval' ? 'waiting' : 'running';
  switch (last) {
    case 'succeeded':
    case 'ticked':
      return isChanged && applies !== false ? 'again' : 'done';
    case 'skipped':
      return 'skipped';
    case 'failed':
    case 'refused':
    case 'cancelled':
    case 'unknown':
      return applies === false ? 'out' : 'failed';
    case null:
      return applies === null ? 'not-known-yet' : applies ? 'todo' : 'out';
  }
}

/**
 * What would be done otherwise than it was: by what earlier steps have given since. Words do not count, and neither does
 * what the file leaves to the action, or what has no value now: then there is nothing to do it with.
 */
function changedOf(
  { action }: Step,
  { doneWith }: StepFacts,
  lookUp: (reference: Reference) => unknown,
  parameters: Values,
): readonly string[] {
  if (action === null || doneWith === null) return [];
  const now = resolveArguments(action, lookUp);
  const then =
    'params' in doneWith
      ? { kind: 'resolved' as const, params: doneWith.params }
      : resolveArguments(action, valuesOf({ steps: doneWith.asOf }, parameters));
  if (now.kind !== 'resolved' || then.kind !== 'resolved') return [];
  const textOf = (params: Readonly<Record<string, unknown>>, name: string) =>
    canonicalJson(Object.hasOwn(params, name) ? (params[name] ?? null) : null);
  // What an action finds by itself, and found then or would find now, is the same thing said otherwise.
  const isFound = (name: string) =>
    isSpared(action.name, name) && !(Object.hasOwn(now.params, name) && Object.hasOwn(then.params, name));
  return Object.keys(action.args).filter(
    (name) =>
      !isSaid(action.name, name) && !isFound(name) && textOf(now.params, name) !== textOf(then.params, name),
  );
}

function symptomOf(
  { action, section }: Step,
  { outputs, last }: StepFacts,
  lookUp: (reference: Reference) => unknown,
): StepProgress['symptom'] {
  if (section !== 'symptoms') return null;
  if (action === null) return last === 'ticked' ? { shown: true, figure: 'seen by a person' } : null;
  if (last === 'ticked' && outputs === null) return { shown: true, figure: 'seen by a person' };
  if (outputs === null) return null;
  if (action.shows === null) return { shown: true, figure: 'done' };
  const holds = evaluateCondition(action.shows, lookUp);
  const figure = figureOf(action.shows, lookUp);
  if (holds.kind !== 'unknown') return { shown: holds.kind === 'true', figure };
  // What a group does shows only over time: who looked at once has to look once more.
  const again = action.name === 'inspect-group' ? ': look again in some seconds' : '';
  return { shown: null, figure: `${figure}${again}` };
}

/** A condition with the values that it was looked at with: `lagMs is 84000 (> 60000)`. */
export function figureOf(condition: Condition, lookUp: (reference: Reference) => unknown): string {
  return condition.all
    .map(({ left, is, right }) => {
      const value = lookUp(left) ?? null;
      const bound = typeof right === 'object' ? (lookUp(right) ?? toText(right)) : right;
      return `${left.name} is ${value === null ? 'not known' : String(value)} (${is} ${String(bound)})`;
    })
    .join(', ');
}

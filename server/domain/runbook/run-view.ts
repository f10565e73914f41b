import { evaluateCondition } from './conditions.ts';
import { toText } from './references.ts';
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
  | 'failed'
  | 'skipped';

export type StepProgress = {
  readonly step: Step;
  readonly state: StepState;
  /** By its `when`; null: that needs what is not there yet, which `missing` names. */
  readonly applies: boolean | null;
  readonly missing: string | null;
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
  const steps = runbook.steps.map((step) => progressOf(step, factsOf(run, step.id), lookUp));
  const current = steps.find(({ state }) => !['done', 'skipped', 'out'].includes(state));
  return { steps, current: current?.step.id ?? null };
}

function progressOf(step: Step, facts: StepFacts, lookUp: (reference: Reference) => unknown): StepProgress {
  const holds = step.when === null ? { kind: 'true' as const } : evaluateCondition(step.when, lookUp);
  const applies = holds.kind === 'unknown' ? null : holds.kind === 'true';
  return {
    step,
    applies,
    missing: holds.kind === 'unknown' ? holds.missing : null,
    state: stateOf(facts, applies),
    symptom: symptomOf(step, facts, lookUp),
  };
}

/** What has happened goes before what would be: a step that was done stays so, also where it would be out by now. */
function stateOf({ open, last }: StepFacts, applies: boolean | null): StepState {
  if (open !== null) return open.status === 'awaiting-approval' ? 'waiting' : 'running';
  switch (last) {
    case 'succeeded':
    case 'ticked':
      return 'done';
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

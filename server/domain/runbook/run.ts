import { type ActionName, actions, type OutputType } from './actions.ts';
import { type StepProgress, type Values, viewRun } from './run-view.ts';
import type { Runbook, Step } from './runbook.ts';

/**
 * A run of a runbook: what happened to its steps, and from that which one is next. Pure: what is stored are attempts and
 * marks, which are read as these events in the order in which they happened.
 */

export const runStates = ['running', 'done', 'abandoned'] as const;
export type RunState = (typeof runStates)[number];

/** Statuses in which an attempt is under way: nothing else happens to its step. */
export const openAttempts = ['awaiting-approval', 'queued', 'running'] as const;
export const endedAttempts = ['succeeded', 'failed', 'refused', 'cancelled', 'unknown'] as const;
export type OpenAttempt = (typeof openAttempts)[number];
export type EndedAttempt = (typeof endedAttempts)[number];

export type Outputs = Readonly<Record<string, string | number | boolean>>;

export type RunEvent =
  | {
      readonly kind: 'attempt-moved';
      readonly step: string;
      readonly attemptId: string;
      readonly status: OpenAttempt;
    }
  | {
      readonly kind: 'attempt-ended';
      readonly step: string;
      readonly attemptId: string;
      readonly status: EndedAttempt;
      /** Of one that succeeded. */
      readonly outputs: Outputs;
    }
  | { readonly kind: 'ticked'; readonly step: string; readonly note: string }
  | { readonly kind: 'skipped'; readonly step: string; readonly reason: string }
  | { readonly kind: 'noted'; readonly step: string | null; readonly text: string }
  | { readonly kind: 'handed-over'; readonly to: string; readonly text: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'abandoned'; readonly reason: string };

/** What became of a step last, and what it gave when it last succeeded. */
export type StepFacts = {
  readonly last: EndedAttempt | 'ticked' | 'skipped' | null;
  /** The attempt that is under way. */
  readonly open: { readonly attemptId: string; readonly status: OpenAttempt } | null;
  readonly outputs: Outputs | null;
  readonly times: number;
};

export type Run = {
  readonly status: RunState;
  /** Who goes on with it. */
  readonly leader: string;
  readonly steps: Readonly<Record<string, StepFacts>>;
};

const untouched: StepFacts = { last: null, open: null, outputs: null, times: 0 };

export const beginRun = (leader: string): Run => ({ status: 'running', leader, steps: {} });
export const factsOf = (run: Pick<Run, 'steps'>, step: string): StepFacts =>
  Object.hasOwn(run.steps, step) ? (run.steps[step] ?? untouched) : untouched;

export function evolveRun(run: Run, event: RunEvent): Run {
  const change = (step: string, to: Partial<StepFacts>): Run => ({
    ...run,
    steps: { ...run.steps, [step]: { ...factsOf(run, step), ...to } },
  });
  switch (event.kind) {
    case 'attempt-moved': {
      const { times, open } = factsOf(run, event.step);
      const begins = open?.attemptId !== event.attemptId;
      return change(event.step, {
        open: { attemptId: event.attemptId, status: event.status },
        times: begins ? times + 1 : times,
      });
    }
    case 'attempt-ended':
      return change(event.step, {
        open: null,
        last: event.status,
        // One that came to nothing leaves what an earlier one gave.
        ...(event.status === 'succeeded' ? { outputs: event.outputs } : {}),
      });
    case 'ticked':
      return change(event.step, { last: 'ticked', times: factsOf(run, event.step).times + 1 });
    case 'skipped':
      return change(event.step, { last: 'skipped' });
    case 'noted':
      return run;
    case 'handed-over':
      return { ...run, leader: event.to };
    case 'done':
    case 'abandoned':
      return { ...run, status: event.kind };
  }
}

export type RunCommand =
  | { readonly kind: 'begin'; readonly step: string }
  | { readonly kind: 'tick'; readonly step: string; readonly note: string }
  | { readonly kind: 'skip'; readonly step: string; readonly reason: string }
  | { readonly kind: 'note'; readonly step: string | null; readonly text: string }
  | { readonly kind: 'hand-over'; readonly to: string; readonly text: string }
  | { readonly kind: 'end' }
  | { readonly kind: 'abandon'; readonly reason: string };

/** What is wrong with it, in a sentence that says what to do. `input`: what was given, and not where the run stands. */
export type RunRefusal = { readonly refused: string; readonly input?: string };
export type Decided = { readonly event: RunEvent | null } | RunRefusal;

export const isRefusal = (decided: Decided): decided is RunRefusal => 'refused' in decided;

/** Whether this may happen to the run now, and what happens then. Beginning an attempt is an event of its own. */
export function decideRun(runbook: Runbook, run: Run, parameters: Values, command: RunCommand): Decided {
  if (run.status !== 'running')
    return { refused: `The run is ${run.status}: nothing happens to it any more.` };
  switch (command.kind) {
    case 'begin':
      return onStep(runbook, run, parameters, command.step, ({ step }) =>
        step.action === null
          ? { refused: `“${step.title}” has no action: a person does it, and ticks it.` }
          : { event: null },
      );
    case 'tick':
      return onStep(runbook, run, parameters, command.step, ({ step }) => {
        const note = command.note.trim();
        if (step.action !== null && note === '')
          return {
            refused: 'Reprise does this step. Say what you did by hand, and what came of it.',
            input: 'note',
          };
        return { event: { kind: 'ticked', step: step.id, note } };
      });
    case 'skip':
      return onStep(runbook, run, parameters, command.step, ({ step }) => {
        const reason = command.reason.trim();
        if (reason === '') return { refused: 'A step is skipped for a reason: say which.', input: 'reason' };
        return { event: { kind: 'skipped', step: step.id, reason } };
      });
    case 'note':
      if (command.step !== null && runbook.steps.every(({ id }) => id !== command.step))
        return noStep(command.step);
      if (command.text.trim() === '') return { refused: 'A note has words.', input: 'text' };
      return { event: { kind: 'noted', step: command.step, text: command.text.trim() } };
    case 'hand-over':
      if (command.text.trim() === '')
        return { refused: 'Who goes on has to know where it stands: say so.', input: 'text' };
      return { event: { kind: 'handed-over', to: command.to, text: command.text.trim() } };
    case 'end':
      return decideEnd(runbook, run, parameters);
    case 'abandon':
      return decideAbandon(run, command.reason.trim());
  }
}

const noStep = (id: string): RunRefusal => ({ refused: `The runbook has no step ${id}.`, input: 'step' });

function onStep(
  runbook: Runbook,
  run: Run,
  parameters: Values,
  id: string,
  decide: (progress: StepProgress & { readonly step: Step }) => Decided,
): Decided {
  const progress = viewRun(runbook, run, parameters).steps.find(({ step }) => step.id === id);
  if (progress === undefined) return noStep(id);
  const { step, state } = progress;
  if (progress.applies === false)
    return { refused: `“${step.title}” is no part of this run: ${step.when?.text ?? ''} does not hold.` };
  if (state === 'waiting')
    return { refused: `“${step.title}” waits for an approval: cancel that first, or wait for it.` };
  if (state === 'running')
    return { refused: `“${step.title}” is being done: cancel that first, or wait for its end.` };
  return decide(progress);
}

/** How many are named. */
const NAMED = 3;

function decideEnd(runbook: Runbook, run: Run, parameters: Values): Decided {
  const open = viewRun(runbook, run, parameters).steps.filter(
    ({ state }) => state !== 'done' && state !== 'skipped' && state !== 'out',
  );
  if (open.length === 0) return { event: { kind: 'done' } };
  const named = open.slice(0, NAMED).map(({ step, state }) => `“${step.title}” ${stateWords[state]}`);
  const more = open.length > NAMED ? `, and ${open.length - NAMED} more` : '';
  return {
    refused: `It is done once every step that applies is done, or skipped with a reason: ${named.join(', ')}${more}.`,
  };
}

const stateWords: Readonly<Record<StepProgress['state'], string>> = {
  done: 'is done',
  skipped: 'is skipped',
  out: 'is no part of it',
  waiting: 'waits for approval',
  running: 'is being done',
  failed: 'did not come off',
  todo: 'is still to be done',
  'not-known-yet': 'may be part of it, which is not known yet',
};

function decideAbandon(run: Run, reason: string): Decided {
  if (reason === '') return { refused: 'A run is abandoned for a reason: say which.', input: 'reason' };
  const isRunning = Object.values(run.steps).some(({ open }) => open?.status === 'running');
  if (isRunning)
    return { refused: 'A step is being done: cancel it, or wait for its end, before the run is abandoned.' };
  return { event: { kind: 'abandoned', reason } };
}

/** What an action gave, as far as its definition declares it: later steps refer to nothing else. */
export function declaredOutputs(name: ActionName, outputs: Outputs): Outputs {
  const declared: Readonly<Record<string, OutputType>> = actions[name].outputs;
  return Object.fromEntries(
    Object.entries(outputs).filter(([output, value]) => {
      const type = Object.hasOwn(declared, output) ? declared[output] : undefined;
      return type !== undefined && fits(type, value);
    }),
  );
}

function fits(type: OutputType, value: string | number | boolean): boolean {
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
      return typeof value === 'number' && Number.isSafeInteger(value);
    case 'offset':
      return Number.isSafeInteger(value) || (typeof value === 'string' && /^\d{1,19}$/.test(value));
    case 'text':
      return typeof value === 'string';
  }
}

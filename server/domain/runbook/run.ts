import { type ActionName, actions, type OutputType } from './actions.ts';

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

type Params = Readonly<Record<string, unknown>>;

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
      /** What it was done with, where it is the newest success of its step. */
      readonly params?: Params | undefined;
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
  /** What it was done with last: as it was frozen, or, of what a person did, what steps had given by then. null: nobody can tell. */
  readonly doneWith: { readonly params: Params } | { readonly asOf: Run['steps'] } | null;
};

export type Run = {
  readonly status: RunState;
  /** Who goes on with it. */
  readonly leader: string;
  readonly steps: Readonly<Record<string, StepFacts>>;
};

const untouched: StepFacts = { last: null, open: null, outputs: null, doneWith: null };

export const beginRun = (leader: string): Run => ({ status: 'running', leader, steps: {} });
export const factsOf = (run: Pick<Run, 'steps'>, step: string): StepFacts =>
  Object.hasOwn(run.steps, step) ? (run.steps[step] ?? untouched) : untouched;

export function evolveRun(run: Run, event: RunEvent): Run {
  const change = (step: string, to: Partial<StepFacts>): Run => ({
    ...run,
    steps: { ...run.steps, [step]: { ...factsOf(run, step), ...to } },
  });
  switch (event.kind) {
    case 'attempt-moved':
      return change(event.step, { open: { attemptId: event.attemptId, status: event.status } });
    case 'attempt-ended':
      return change(event.step, {
        open: null,
        last: event.status,
        // One that came to nothing leaves what an earlier one gave.
        ...(event.status === 'succeeded'
          ? {
              outputs: event.outputs,
              doneWith: event.params === undefined ? null : { params: event.params },
            }
          : {}),
      });
    case 'ticked':
      return change(event.step, { last: 'ticked', doneWith: { asOf: run.steps } });
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

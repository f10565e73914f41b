import { actions } from './actions.ts';
import type { Run, RunEvent } from './run.ts';
import { type StepProgress, type Values, viewRun } from './run-view.ts';
import type { Runbook, Step } from './runbook.ts';

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
          : (owedBefore(runbook, run, parameters, step) ?? { event: null }),
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

const touchesOutside = ({ action }: Step): boolean =>
  action !== null && actions[action.name].touches === 'outside';

/** What changes something goes by what was changed before it: that has to be of the same values, or is left with a reason. */
function owedBefore(runbook: Runbook, run: Run, parameters: Values, step: Step): RunRefusal | null {
  if (!touchesOutside(step)) return null;
  const { steps } = viewRun(runbook, run, parameters);
  const before = steps.slice(
    0,
    steps.findIndex((each) => each.step.id === step.id),
  );
  const owed = before.find((each) => each.state === 'again' && touchesOutside(each.step));
  if (owed === undefined) return null;
  return {
    refused: `“${owed.step.title}” was done with another ${owed.changed.join(', ')} than stands there now: do it again first, or skip it with a reason.`,
  };
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
  again: 'was done with other values',
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

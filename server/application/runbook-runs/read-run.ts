import { standingOf, whyNotDecide } from '../../domain/approval/index.ts';
import {
  type Argument,
  actions,
  type Run,
  referencesIn,
  resolveArguments,
  type StepProgress,
  toText,
  valuesOf,
  viewRun,
} from '../../domain/runbook/index.ts';
import { HIDDEN } from '../dashboard/masking.ts';
import type { AttemptRow, AttemptSketch, RunRow } from '../ports/runs.ts';
import { actionOf } from './ask-step.ts';
import { authorsOf, requestOf } from './decide-attempt.ts';
import { newestSuccesses, type RunDeps, runOf, valuesIn } from './deps.ts';
import {
  hiddenGiven,
  isHiddenFrom,
  paramsTo,
  partsTo,
  type Reader,
  refusalTo,
  shownTo,
  shownValue,
} from './show.ts';

/** Lines of each attempt that a page is given. */
const MOST_LINES = 200;

/** A run as its page shows it; null: there is none of this id. */
export async function readRun(deps: RunDeps, runId: string, reader: Reader) {
  const found = await deps.unitOfWork.run(async (tx) => {
    const row = await deps.runs.find(tx, runId);
    if (row === null) return null;
    const attempts = await deps.attempts.of(tx, runId);
    return {
      row,
      attempts,
      authors: await deps.runs.authors(tx),
      now: await deps.runs.now(tx),
      marks: await deps.runs.marks(tx, runId),
      files: await deps.runs.files(tx, runId),
      output: await deps.attempts.output(tx, runId, MOST_LINES),
      // What each step was done with last, or is to be: of earlier ones their records tell.
      params: await deps.attempts.params(tx, lastOfEach(attempts)),
      doneWith: await deps.attempts.params(tx, newestSuccesses(attempts)),
      decisions: await deps.attempts.decisions(
        tx,
        attempts.map(({ id }) => id),
      ),
      incident: row.incidentId === null ? null : await deps.incidentReads.row(tx, row.incidentId),
    };
  });
  if (found === null) return null;
  const { row, attempts, marks, incident, now } = found;
  const run = runOf(row, attempts, marks, found.doneWith);
  const { steps, current } = viewRun(row.runbook, run, valuesIn(row));
  const attemptView = (attempt: AttemptSketch) => {
    const params = found.params.get(attempt.id);
    const decisions = found.decisions.get(attempt.id) ?? [];
    const request = requestOf(attempt, authorsOf(params, found.authors));
    return {
      ...attempt,
      preview: shownTo(reader, attempt.preview),
      shown: partsTo(reader, attempt.shown),
      /** null: of an earlier attempt. */
      params: params === undefined ? null : paramsTo(reader, attempt.action, params),
      requestedAt: attempt.requestedAt.toISOString(),
      startedAt: attempt.startedAt?.toISOString() ?? null,
      endedAt: attempt.endedAt?.toISOString() ?? null,
      changingSince: attempt.changingSince?.toISOString() ?? null,
      decisions,
      standing: standingOf(request, decisions, now),
      whyNotDecide: whyNotDecide(reader, request, decisions, now),
      output: (found.output.get(attempt.id) ?? []).map(({ at, ...line }) => ({
        ...line,
        at: at.toISOString(),
      })),
    };
  };
  const { runbook, startedAt, endedAt, ...rest } = row;
  const hidden = hiddenGiven(reader, runbook);
  return {
    ...rest,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    introduction: runbook.introduction,
    owner: runbook.owner,
    lastRehearsed: runbook.lastRehearsed,
    parameters: row.parameters.map((given) => ({
      ...given,
      value: hidden.has(given.name) ? HIDDEN : given.value,
      title: runbook.parameters.find(({ name }) => name === given.name)?.title ?? given.name,
    })),
    incident:
      incident === null
        ? null
        : {
            id: incident.id,
            title: incident.title,
            class: incident.class,
            status: incident.status,
            beganAt: incident.beganAt.toISOString(),
          },
    current,
    steps: steps.map((progress) => ({
      ...stepView(deps, reader, row, run, progress),
      attempts: attempts.filter(({ step }) => step === progress.step.id).map(attemptView),
      files: found.files
        .filter(({ step }) => step === progress.step.id)
        .map(({ addedAt, ...file }) => ({ ...file, addedAt: addedAt.toISOString() })),
    })),
    marks: marks.map(({ at, text, ...mark }) => ({
      ...mark,
      text: mark.kind === 'refused' ? refusalTo(reader, actionIn(row, mark.step), text) : text,
      at: at.toISOString(),
    })),
  };
}

const actionIn = ({ runbook }: RunRow, step: string | null) =>
  runbook.steps.find(({ id }) => id === step)?.action?.name ?? null;

const lastOfEach = (attempts: readonly AttemptSketch[]): readonly string[] => [
  ...new Map(attempts.map(({ step, id }) => [step, id])).values(),
];

export type RunPageView = NonNullable<Awaited<ReturnType<typeof readRun>>>;

/** What an attempt said before one of its lines; null: there is no such attempt. */
export async function readLines(deps: RunDeps, attemptId: string, before: number) {
  return deps.unitOfWork.run(async (tx) => {
    if ((await deps.attempts.find(tx, attemptId)) === null) return null;
    const lines = await deps.attempts.linesBefore(tx, attemptId, before, MOST_LINES);
    return lines.map(({ at, ...line }) => ({ ...line, at: at.toISOString() }));
  });
}

/** A preview as it is shown before it is done. */
export async function readPreview(deps: RunDeps, runId: string, previewId: string, reader: Reader) {
  const found = await deps.unitOfWork.run((tx) => deps.runs.preview(tx, runId, previewId));
  if (found === null) return null;
  const { plan: _, previewedAt, ...rest } = found;
  return { ...rest, shown: partsTo(reader, rest.shown), previewedAt: previewedAt.toISOString() };
}

function stepView(deps: RunDeps, reader: Reader, row: RunRow, run: Run, { step, ...progress }: StepProgress) {
  const { id, section, title, body, when, action } = step;
  return {
    ...{ id, section, title, body },
    when: when?.text ?? null,
    ...progress,
    action:
      action === null ? null : { ...actionView(deps, action.name), ...withView(reader, row, run, action) },
  };
}

function actionView(deps: RunDeps, name: AttemptRow['action']) {
  const { title, sentence, touches, right, approvals } = actions[name];
  const action = actionOf(deps.actions, name);
  return {
    ...{ name, title, sentence, touches, right, approvals },
    unavailable: 'unavailable' in action ? action.unavailable : null,
  };
}

type Action = NonNullable<StepProgress['step']['action']>;

/** What it would be done with now, and where each of that comes from. */
function withView(reader: Reader, row: RunRow, run: Run, action: Action) {
  const titleOf = (id: string) => row.runbook.steps.find((each) => each.id === id)?.title ?? null;
  const resolved = resolveArguments(action, valuesOf(run, valuesIn(row)), titleOf);
  const params: Readonly<Record<string, unknown>> = resolved.kind === 'resolved' ? resolved.params : {};
  const without = new Map(
    (resolved.kind === 'resolved' ? resolved.without : []).map(({ name, sentence }) => [
      name,
      `left out: ${sentence}`,
    ]),
  );
  return {
    timeoutSeconds: action.timeoutSeconds,
    missing: resolved.kind === 'resolved' ? null : resolved.sentence,
    arguments: [...new Set([...Object.keys(action.args), ...Object.keys(params)])].map((name) => ({
      name,
      value: !Object.hasOwn(params, name)
        ? null
        : isHiddenFrom(reader, action.name, name)
          ? HIDDEN
          : shownValue(params[name]),
      from: without.get(name) ?? originOf(action.args[name], row, titleOf),
    })),
  };
}

function originOf(
  argument: Argument | undefined,
  row: RunRow,
  titleOf: (step: string) => string | null,
): string {
  if (argument === undefined) return 'as usual';
  const references = referencesIn(argument);
  if (references.length === 0) return 'the runbook';
  return references
    .map((reference) => {
      if (reference.step !== null) return `“${titleOf(reference.step) ?? reference.step}” gave it`;
      const given = row.parameters.find(({ name }) => name === reference.name);
      return given === undefined ? toText(reference) : `given at the start (${given.from})`;
    })
    .join(', ');
}

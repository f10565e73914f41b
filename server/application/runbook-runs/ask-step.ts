import {
  type ActionName,
  actions,
  type Resolved,
  type Run,
  resolveArguments,
  type Step,
  type StepAction,
  valuesOf,
} from '../../domain/runbook/index.ts';
import { canonicalJson } from '../../domain/shared/canonical-json.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { refuseLost, refuseStale } from '../approval/refuse-stale.ts';
import { within } from '../dashboard/time-out.ts';
import type { Action, ActionSet, Preview } from '../ports/runbook-actions.ts';
import type { AttemptRow, PreviewRow, RunRow } from '../ports/runs.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { decided, holdRun } from './act.ts';
import { conflict, jobOf, loadRun, noRun, type RunDeps, type RunRequest, tellRun, valuesIn } from './deps.ts';
import { tellOfAttempt } from './end-attempt.ts';
import { keepable } from './keepable.ts';

/** A preview reads only, and whoever asked waits for it. */
const PREVIEW_MS = 30_000;
/** What was found out is taken for so for so long; what is frozen is looked at once more when it is done. */
const PREVIEW_GOOD_MS = 30 * 60_000;

type Asked = {
  readonly step: Step & { readonly action: StepAction };
  readonly params: Readonly<Record<string, unknown>>;
  readonly without: Extract<Resolved, { kind: 'resolved' }>['without'];
};

/** An action by its name alone: what its parameters are was looked at by its schema. */
export function actionOf(set: ActionSet, name: ActionName): Action | { readonly unavailable: string } {
  return set[name] as Action | { readonly unavailable: string };
}

/** Finds out what the action of a step would do, and keeps that: it is what is done afterwards, and nothing else. */
export async function previewStep(
  deps: RunDeps,
  request: Omit<RunRequest, 'version'> & { readonly step: string },
): Promise<{ readonly previewId: string }> {
  const { runId, personId } = request;
  const { row, step, params, without } = await deps.unitOfWork.run(async (tx) => {
    const found = await deps.runs.find(tx, runId);
    if (found === null) throw noRun(runId);
    const asked = resolve(found, await loadRun(deps, tx, found), request.step);
    await refuseRights(deps, tx, personId, asked.step.action.name);
    return { row: found, ...asked };
  });
  const action = actionOf(deps.actions, step.action.name);
  if ('unavailable' in action)
    throw new RepriseError(
      'runbook-refused',
      `Reprise can’t do this here: ${action.unavailable}. Do it by hand, and tick it with a note.`,
    );
  const previewId = deps.newId();
  const over = new AbortController();
  const about = {
    ...{ attemptId: previewId, runId, step: step.id, incidentId: row.incidentId, personId },
    signal: over.signal,
  };
  const { frozen, ...found } = await within(
    deps.clock,
    PREVIEW_MS,
    'the preview',
    action.preview(params as never, about),
  )
    .catch(async (thrown: unknown) => {
      const error = thrown instanceof RepriseError ? thrown : notFoundOut(thrown);
      // Whoever asked hears it whatever becomes of this.
      await keepRefusal(deps, row, step.id, personId, error).catch(() => undefined);
      throw error;
    })
    .finally(() => over.abort());
  const sentence = [found.sentence, ...without.map(withoutWords)].join(' ');
  const shown = { sentence: keepable(sentence), shown: keepable(found.shown) };
  const plan = canonicalJson(planOf(row, step, { params, frozen, preview: shown, salt: deps.newId() }));
  await deps.unitOfWork.run(async (tx) => {
    await refuseRights(deps, tx, personId, step.action.name);
    await deps.runs.insertPreview(tx, {
      id: previewId,
      runId,
      step: step.id,
      plan,
      planHash: deps.sha256(plan),
      ...shown,
      previewedBy: personId,
    });
    await deps.audit.append(tx, {
      actor: personId,
      action: 'runbook-step.previewed',
      subject: `run:${runId}`,
      outcome: 'done',
      detail: { step: step.id, action: step.action.name, preview: previewId },
    });
    await tellRun(deps, tx, row);
  });
  return { previewId };
}

const withoutWords = ({ name, sentence }: Asked['without'][number]) =>
  `It is done without \`${name}\`: ${sentence}.`;

const notFoundOut = (cause: unknown) =>
  new RepriseError(
    'runbook-refused',
    'What it would do could not be found out, so it can’t be done: what it asks did not answer as it should. Try again, or do it by hand.',
    { cause },
  );

/** So many are kept of a run; and one that says the same of the same step again is told already. */
const MOST_REFUSALS = 100;
const LONGEST_REFUSAL = 2000;

/** What a preview refuses is the usual end of an attempt: it stands in the run with those that were begun. */
async function keepRefusal(
  deps: RunDeps,
  row: RunRow,
  step: string,
  personId: string,
  { message }: RepriseError,
): Promise<void> {
  await deps.unitOfWork.run(async (tx) => {
    const marks = await deps.runs.marks(tx, row.id);
    const refusals = marks.filter(({ kind }) => kind === 'refused');
    const text = keepable(message).slice(0, LONGEST_REFUSAL);
    const last = marks.findLast((each) => each.step === step);
    const isTold = last?.kind === 'refused' && last.text === text && last.actor === personId;
    if (isTold || refusals.length >= MOST_REFUSALS) return;
    await deps.runs.mark(tx, row.id, { kind: 'refused', step, actor: personId, text, to: null });
    await tellRun(deps, tx, row);
  });
}

/**
 * What is approved and done, with what was shown of it: whoever approves its hash has approved what they saw. The salt
 * keeps what it is done with from being guessed by the hash.
 */
function planOf(
  row: RunRow,
  { id, action }: Asked['step'],
  {
    params,
    frozen,
    preview,
    salt,
  }: Pick<Asked, 'params'> & {
    readonly frozen: Preview['frozen'];
    readonly preview: AttemptRow['preview'];
    readonly salt: string;
  },
) {
  return {
    format: 'reprise.runbook-step/v2',
    salt,
    runId: row.id,
    runbook: { id: row.runbookId, digest: row.digest },
    step: id,
    action: action.name,
    params,
    frozen,
    preview,
    approvalsNeeded: actions[action.name].approvals,
    timeoutSeconds: action.timeoutSeconds,
  };
}

function resolve(row: RunRow, run: Run, stepId: string): Asked {
  decided(row, run, { kind: 'begin', step: stepId });
  const step = row.runbook.steps.find(({ id }) => id === stepId);
  if (step === undefined || step.action === null) throw conflict('This step has no action.');
  const titleOf = (id: string) => row.runbook.steps.find((each) => each.id === id)?.title ?? null;
  const resolved = resolveArguments(step.action, valuesOf(run, valuesIn(row)), titleOf);
  if (resolved.kind !== 'resolved')
    throw conflict(`“${step.title}” can’t be done yet: ${resolved.sentence}.`);
  const { params, without } = resolved;
  return { step: { ...step, action: step.action }, params, without };
}

async function refuseRights(deps: RunDeps, tx: Transaction, personId: string, name: ActionName) {
  await refuseLost(deps, tx, personId, 'respond');
  await refuseLost(deps, tx, personId, actions[name].right);
}

export type DoRequest = RunRequest & {
  readonly previewId: string;
  /** null: a token asks. */
  readonly sessionId: string | null;
};

/** Has exactly what was previewed done: it is queued, or waits for its approvals. The attempt has the preview's id. */
export function doStep(
  deps: RunDeps,
  request: DoRequest,
): Promise<{ readonly version: number; readonly status: AttemptRow['status'] }> {
  return deps.unitOfWork.run(async (tx) => {
    const { row, run } = await holdRun(deps, tx, request);
    const preview = await deps.runs.preview(tx, row.id, request.previewId);
    if (preview === null) throw conflict('There is no such preview: look at what it would do first.');
    const { step, params } = resolve(row, run, preview.step);
    await refuseRights(deps, tx, request.personId, step.action.name);
    // The worker asks for the promotion on their behalf, and can't know by then whether they sit there.
    if (actions[step.action.name].right === 'promote') await refuseStale(deps, tx, request.sessionId);
    await refuseOld(deps, tx, preview, params);
    const definition = actions[step.action.name];
    await deps.attempts.insert(tx, {
      id: preview.id,
      runId: row.id,
      step: step.id,
      section: step.section,
      title: step.title,
      action: step.action.name,
      touches: definition.touches,
      plan: preview.plan,
      planHash: preview.planHash,
      preview: { sentence: preview.sentence, shown: preview.shown },
      approvalsNeeded: definition.approvals,
      timeoutSeconds: step.action.timeoutSeconds,
      requestedBy: request.personId,
    });
    const waits = definition.approvals > 0;
    const version = await deps.runs.change(tx, row.id, {});
    await deps.audit.append(tx, {
      actor: request.personId,
      action: 'runbook-step.requested',
      subject: `runbook-attempt:${preview.id}`,
      outcome: 'done',
      detail: {
        run: row.id,
        step: step.id,
        action: step.action.name,
        planHash: preview.planHash,
        approvalsNeeded: definition.approvals,
      },
    });
    if (waits)
      await tellOfAttempt(
        deps,
        tx,
        row,
        { id: preview.id, plan: preview.plan, requestedBy: request.personId },
        { kind: 'waiting', audience: ['approvers'] },
      );
    else await deps.jobs.send(tx, [jobOf({ id: preview.id, action: step.action.name })]);
    await tellRun(deps, tx, row, waits ? ['approvals'] : []);
    return { version, status: waits ? 'awaiting-approval' : 'queued' };
  });
}

async function refuseOld(
  deps: RunDeps,
  tx: Transaction,
  preview: PreviewRow,
  params: Asked['params'],
): Promise<void> {
  if ((await deps.attempts.find(tx, preview.id)) !== null)
    throw conflict('What was shown has been done: look once more at what it would do now.');
  const age = (await deps.runs.now(tx)).getTime() - preview.previewedAt.getTime();
  if (age > PREVIEW_GOOD_MS)
    throw new RepriseError(
      'runbook-overtaken',
      'What was shown is more than half an hour old: look once more at what it would do.',
    );
  const attempts = await deps.attempts.of(tx, preview.runId);
  if (attempts.some(({ step, requestedAt }) => step === preview.step && requestedAt > preview.previewedAt))
    throw new RepriseError(
      'runbook-overtaken',
      'The step was done once more since this was shown: look at what it would do now.',
    );
  const shown = (JSON.parse(preview.plan) as { readonly params: unknown }).params;
  if (canonicalJson(shown) !== canonicalJson(params))
    throw new RepriseError(
      'runbook-overtaken',
      'It would be done with other values by now than those that were shown: look once more at what it would do.',
    );
}

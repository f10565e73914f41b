import { actions, type StepState, viewRun, waitsLong } from '../../domain/runbook/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { doStep, previewStep } from './ask-step.ts';
import { loadRun, noRun, type RunDeps, type RunRequest, valuesIn } from './deps.ts';

/**
 * Has each symptom looked at whose action reads only, in the name of whoever asks: the figures tick them. One that can't
 * be looked at now is left to people: it needs what another one gives, or is being looked at. Answers how many are. Refused
 * once the run has begun to change something.
 */
export async function checkSymptoms(
  deps: RunDeps,
  { runId, personId }: Omit<RunRequest, 'version'>,
): Promise<{ readonly asked: number }> {
  const found = await deps.unitOfWork.run(async (tx) => {
    const row = await deps.runs.find(tx, runId);
    if (row === null) throw noRun(runId);
    return viewRun(row.runbook, await loadRun(deps, tx, row), valuesIn(row)).steps;
  });
  const begun = found.find(
    ({ step: { action }, state }) =>
      action !== null && actions[action.name].touches !== 'nothing' && !untouched.includes(state),
  );
  // What is stopped stands still, and would be told as stuck: later steps would be about other records.
  if (begun !== undefined)
    throw new RepriseError(
      'runbook-conflict',
      `“${begun.step.title}” was begun: what symptoms show from then on is not what this run goes by. Look at one step again where you have to know.`,
    );
  const looking = found.filter(
    ({ step: { section, action }, applies }) =>
      section === 'symptoms' &&
      applies === true &&
      action !== null &&
      actions[action.name].touches === 'nothing' &&
      !waitsLong(action.name),
  );
  let asked = 0;
  for (const { step } of looking) {
    try {
      const { previewId } = await previewStep(deps, { runId, personId, step: step.id });
      const version = await versionNow(deps, runId);
      await doStep(deps, { runId, personId, version, previewId, sessionId: null });
      asked += 1;
    } catch (error) {
      if (!(error instanceof RepriseError)) throw error;
    }
  }
  return { asked };
}

const untouched: readonly StepState[] = ['todo', 'not-known-yet', 'out', 'skipped'];

const versionNow = (deps: RunDeps, runId: string): Promise<number> =>
  deps.unitOfWork.run(async (tx) => {
    const row = await deps.runs.find(tx, runId);
    if (row === null) throw noRun(runId);
    return row.version;
  });

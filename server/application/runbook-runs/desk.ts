import type { PageRequest } from '../ports/dashboard.ts';
import type { RunFilter } from '../ports/runs.ts';
import { createRunActs } from './act.ts';
import { type DoRequest, doStep, previewStep } from './ask-step.ts';
import { checkSymptoms } from './check-symptoms.ts';
import { type AttemptDecision, cancelAttempt, decideAttempt, readWaitingAttempts } from './decide-attempt.ts';
import type { RunDeps, RunRequest } from './deps.ts';
import { readLines, readPreview, readRun } from './read-run.ts';
import type { Reader } from './show.ts';
import { proposeRuns, type StartRequest, startRun } from './start-run.ts';

/** What people see of runs of runbooks, and do in them. */
export function createRunDesk(deps: RunDeps) {
  return {
    ...createRunActs(deps),
    propose: (request: { readonly incidentId: string | null; readonly runbookId: string | null }) =>
      proposeRuns(deps, request),
    /** With its symptoms looked at, as far as Reprise can. The run has begun whatever becomes of that. */
    start: async (request: StartRequest) => {
      const started = await startRun(deps, request);
      await checkSymptoms(deps, { ...started, personId: request.personId }).catch(() => undefined);
      return started;
    },
    checkSymptoms: (request: Omit<RunRequest, 'version'>) => checkSymptoms(deps, request),
    get: (runId: string, reader: Reader) => readRun(deps, runId, reader),
    list: (filter: RunFilter, page: PageRequest) =>
      deps.unitOfWork.run((tx) => deps.runs.list(tx, filter, page)),
    ofIncident: (incidentId: string) => deps.unitOfWork.run((tx) => deps.runReads.ofIncident(tx, incidentId)),
    preview: (request: RunRequest & { readonly step: string }) => previewStep(deps, request),
    shownPreview: (runId: string, previewId: string, reader: Reader) =>
      readPreview(deps, runId, previewId, reader),
    lines: (attemptId: string, before: number) => readLines(deps, attemptId, before),
    file: (runId: string, fileId: string) => deps.unitOfWork.run((tx) => deps.runs.file(tx, runId, fileId)),
    do: (request: DoRequest) => doStep(deps, request),
    decide: (request: AttemptDecision) => decideAttempt(deps, request),
    cancel: (request: Parameters<typeof cancelAttempt>[1]) => cancelAttempt(deps, request),
    waiting: (reader: Reader) => readWaitingAttempts(deps, reader),
  };
}

export type RunDesk = ReturnType<typeof createRunDesk>;

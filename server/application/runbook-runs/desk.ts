import type { PageRequest } from '../ports/dashboard.ts';
import type { RunFilter } from '../ports/runs.ts';
import { createRunActs } from './act.ts';
import { type DoRequest, doStep, previewStep } from './ask-step.ts';
import { type AttemptDecision, cancelAttempt, decideAttempt, readWaitingAttempts } from './decide-attempt.ts';
import type { RunDeps, RunRequest } from './deps.ts';
import { readPreview, readRun } from './read-run.ts';
import type { Reader } from './show.ts';
import { proposeRuns, type StartRequest, startRun } from './start-run.ts';

/** What people see of runs of runbooks, and do in them. */
export function createRunDesk(deps: RunDeps) {
  return {
    ...createRunActs(deps),
    propose: (request: { readonly incidentId: string | null; readonly runbookId: string | null }) =>
      proposeRuns(deps, request),
    start: (request: StartRequest) => startRun(deps, request),
    get: (runId: string, reader: Reader) => readRun(deps, runId, reader),
    list: (filter: RunFilter, page: PageRequest) =>
      deps.unitOfWork.run((tx) => deps.runs.list(tx, filter, page)),
    ofIncident: (incidentId: string) => deps.unitOfWork.run((tx) => deps.runReads.ofIncident(tx, incidentId)),
    preview: (request: RunRequest & { readonly step: string }) => previewStep(deps, request),
    shownPreview: (runId: string, previewId: string, reader: Reader) =>
      readPreview(deps, runId, previewId, reader),
    file: (runId: string, fileId: string) => deps.unitOfWork.run((tx) => deps.runs.file(tx, runId, fileId)),
    do: (request: DoRequest) => doStep(deps, request),
    decide: (request: AttemptDecision) => decideAttempt(deps, request),
    cancel: (request: Parameters<typeof cancelAttempt>[1]) => cancelAttempt(deps, request),
    waiting: (reader: Reader) => readWaitingAttempts(deps, reader),
  };
}

export type RunDesk = ReturnType<typeof createRunDesk>;

import type { ReplayJob } from '../ports/jobs.ts';
import type { RunnerDeps } from './deps.ts';
import { takeFailure } from './fail-replay.ts';
import { foldLot } from './fold-lot.ts';
import { runPhases } from './run-phases.ts';
import { tellPages } from './tell-pages.ts';
import { traceRequested } from './trace-keys.ts';

export type ReplayRunner = {
  /** Does what a job asks for, as far as leases let it. `owner` names the worker's thread. */
  run(job: ReplayJob, owner: string, shutdown: AbortSignal): Promise<void>;
};

/** The worker's side of replays: folds lots, carries replays through their phases, reads keys' own histories. */
export function createReplayRunner(deps: RunnerDeps): ReplayRunner {
  return {
    run: async (job, owner, shutdown) => {
      switch (job.kind) {
        case 'fold':
          return runFolds(deps, job.replayId, owner, shutdown);
        case 'phase':
          return guard(deps, job.replayId, owner, shutdown, () =>
            runPhases(deps, job.replayId, owner, shutdown),
          );
        case 'trace':
          return traceRequested(deps, job.replayId, owner, shutdown);
      }
    },
  };
}

/** Lot after lot until none is left; whoever folds the last one goes on with the phases at once. */
async function runFolds(
  deps: RunnerDeps,
  replayId: string,
  owner: string,
  shutdown: AbortSignal,
): Promise<void> {
  await guard(deps, replayId, owner, shutdown, async () => {
    for (;;) {
      const outcome = await foldLot(deps, replayId, owner, shutdown);
      if (outcome === 'pause' || outcome === 'shutdown') return;
      if (outcome === 'cancel' || outcome === 'ended') break;
      if (await finishFolding(deps, replayId)) break;
      // Where a job is done again, the step that it stood still in may be one of those that come after.
      if (outcome === 'nothing' && deps.progress.closeLook === null) return;
      if (outcome === 'nothing') break;
    }
    await runPhases(deps, replayId, owner, shutdown);
  });
}

async function finishFolding(deps: RunnerDeps, replayId: string): Promise<boolean> {
  return deps.unitOfWork.run(async (tx) => {
    const finished = await deps.folds.finishFolding(tx, replayId);
    if (finished) await tellPages(deps, tx, replayId);
    return finished;
  });
}

/** An error is never the end of a worker: it is written down, and the replay waits, ends, or is left to another. */
async function guard(
  deps: RunnerDeps,
  replayId: string,
  owner: string,
  shutdown: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (shutdown.aborted) return;
    if (await takeFailure(deps, replayId, error)) await runPhases(deps, replayId, owner, shutdown);
  }
}

import type { DashboardCommands } from '../ports/dashboard.ts';
import type { CommandDeps } from './deps.ts';
import { launchReplay } from './launch-replay.ts';
import { PreviewedPlans, previewPlan } from './preview-plan.ts';
import { cancelReplay, pauseReplay, requestTrace, resumeReplay, setReplayRate } from './steer-replay.ts';

/** What an operator may do to replays. Refusals throw RepriseError with a sentence to act on. */
export function createReplayCommands(deps: CommandDeps): Omit<DashboardCommands, 'checkReadiness'> {
  const previewed = new PreviewedPlans();
  return {
    async previewPlan(contractId, scope, version) {
      const { view, resolved } = await previewPlan(deps, contractId, scope, version);
      if (resolved !== null) previewed.remember(resolved);
      return view;
    },
    launch: (request) => launchReplay(deps, previewed, request),
    pause: (replayId, actor) => pauseReplay(deps, replayId, actor),
    resume: (replayId, actor) => resumeReplay(deps, replayId, actor),
    cancel: (replayId, actor, reason) => cancelReplay(deps, replayId, actor, reason),
    setRateLimit: (replayId, eventsPerSecond, actor) => setReplayRate(deps, replayId, eventsPerSecond, actor),
    requestTrace: (replayId, key) => requestTrace(deps, replayId, key),
  };
}

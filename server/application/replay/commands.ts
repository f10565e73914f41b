import type { BudgetCommands } from '../budget/exclude-time.ts';
import type { DashboardCommands } from '../ports/dashboard.ts';
import type { ViewCommands } from '../ports/saved-views.ts';
import type { PromotionCommands } from '../promotion/commands.ts';
import type { CommandDeps } from './deps.ts';
import { launchReplay } from './launch-replay.ts';
import { previewPlan } from './preview-plan.ts';
import { cancelReplay, pauseReplay, requestTrace, resumeReplay, setReplayRate } from './steer-replay.ts';

/** What an operator may do to replays. Refusals throw RepriseError with a sentence to act on. */
export function createReplayCommands(
  deps: CommandDeps,
): Omit<
  DashboardCommands,
  | 'checkReadiness'
  | 'decide'
  | 'look'
  | 'breakGlass'
  | 'closeReview'
  | 'revealValues'
  | keyof PromotionCommands
  | keyof ViewCommands
  | keyof BudgetCommands
> {
  return {
    previewPlan: (contractId, scope, version, asked) => previewPlan(deps, contractId, scope, version, asked),
    launch: (request) => launchReplay(deps, request),
    pause: (replayId, actor) => pauseReplay(deps, replayId, actor),
    resume: (replayId, actor) => resumeReplay(deps, replayId, actor),
    cancel: (replayId, actor, reason) => cancelReplay(deps, replayId, actor, reason),
    setRateLimit: (replayId, eventsPerSecond, actor) => setReplayRate(deps, replayId, eventsPerSecond, actor),
    requestTrace: (replayId, key, actor) => requestTrace(deps, replayId, key, actor),
  };
}

import { promotionStore } from '../adapters/approval/promotion-store.ts';
import { revealStore } from '../adapters/approval/reveal-store.ts';
import { peopleStore } from '../adapters/people/people-store.ts';
import { breakGlass, closeReview } from '../application/approval/break-glass.ts';
import { decideReplay } from '../application/approval/decide-replay.ts';
import { revealValues } from '../application/dashboard/reveal-values.ts';
import type { DashboardCommands } from '../application/ports/dashboard.ts';
import type { JobSender } from '../application/ports/jobs.ts';
import { createPromotionCommands } from '../application/promotion/commands.ts';
import { createReplayCommands } from '../application/replay/commands.ts';
import type { Settings } from '../env.ts';
import { compose, type Named } from './compose.ts';

export function composeReplayCommands(settings: Settings, jobs: JobSender, { name }: Named) {
  const { replayDeps, target, close } = compose(settings, name, 10);
  const stores = { people: peopleStore, promotions: promotionStore, reveals: revealStore };
  const deps = { ...replayDeps, ...stores, jobs, target };
  const decide: DashboardCommands['decide'] = (request) => decideReplay(deps, request);
  const glass = {
    breakGlass: (request: Parameters<DashboardCommands['breakGlass']>[0]) => breakGlass(deps, request),
    closeReview: (request: Parameters<DashboardCommands['closeReview']>[0]) => closeReview(deps, request),
    revealValues: (request: Parameters<DashboardCommands['revealValues']>[0]) => revealValues(deps, request),
  };
  const commands = { ...createReplayCommands(deps), ...createPromotionCommands(deps), ...glass, decide };
  return { commands, close };
}

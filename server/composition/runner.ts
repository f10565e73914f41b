import { promotionStore } from '../adapters/approval/promotion-store.ts';
import { correctionReads } from '../adapters/dead-letters/corrections.ts';
import type { ProcessLog } from '../adapters/log/pino-log.ts';
import { openSqlInvariants } from '../adapters/sql-invariant/sql-invariant-runner.ts';
import { openSubjectKeys } from '../adapters/subject-keys/postgres-subject-keys.ts';
import type { PromotionJob, ReplayJob } from '../application/ports/jobs.ts';
import type { Progress } from '../application/ports/progress.ts';
import type { SpanAttributes } from '../application/ports/tracing.ts';
import { longestHoldMs as defaultHoldMs, type PromotionRunnerDeps } from '../application/promotion/deps.ts';
import { runPromotion } from '../application/promotion/run-promotion.ts';
import { createReplayRunner } from '../application/replay/runner.ts';
import type { Settings } from '../env.ts';
import { compose, type Named } from './compose.ts';

type Runner = {
  run(job: ReplayJob | PromotionJob, owner: string, shutdown: AbortSignal): Promise<void>;
};

type Promoting = Partial<Pick<PromotionRunnerDeps, 'at' | 'longestHoldMs'>>;

export function composeRunner(
  settings: Settings,
  {
    name,
    progress,
    at = () => Promise.resolve(),
    longestHoldMs = defaultHoldMs,
  }: Named & { readonly progress: Progress } & Promoting,
): { readonly runner: Runner; readonly log: ProcessLog; close(): Promise<void> } {
  const composed = compose(settings, name, 4);
  const { log, replayDeps, connect, deadLetters, close } = composed;
  const deps = {
    ...replayDeps,
    deadLetters,
    corrections: correctionReads,
    sqlInvariants: openSqlInvariants(connect),
    subjectKeys: openSubjectKeys(connect),
    log,
    progress,
  };
  const replays = createReplayRunner(deps);
  const promoting = { ...deps, promotions: promotionStore, target: composed.target, at, longestHoldMs };
  return {
    runner: {
      run: (job, owner, shutdown) =>
        composed.tracing.span(`job ${job.kind}`, idsOf(job), () =>
          job.kind === 'promote'
            ? runPromotion(promoting, job.promotionId, owner, shutdown)
            : replays.run(job, owner, shutdown),
        ),
    },
    log,
    close,
  };
}

const idsOf = (job: ReplayJob | PromotionJob): SpanAttributes =>
  job.kind === 'promote'
    ? { 'reprise.promotion.id': job.promotionId }
    : { 'reprise.replay.id': job.replayId };

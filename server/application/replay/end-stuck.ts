import { RepriseError } from '../../domain/shared/errors.ts';
import type { PromotionJob, ReplayJob } from '../ports/jobs.ts';
import type { Log } from '../ports/log.ts';
import type { Standing } from '../ports/progress.ts';
import type { PromotionStore } from '../ports/promotions.ts';
import type { WorkerStore } from '../ports/worker-store.ts';
import { leaseMs, type ReplayDeps } from './deps.ts';
import { takeFailure } from './fail-replay.ts';

type Deps = ReplayDeps & {
  readonly workers: WorkerStore;
  readonly promotions: PromotionStore;
  readonly log: Log;
};

/** What a worker does about a thread of its own that no longer answers. */
export type StuckThreads = {
  /** Keeps what the thread holds from other threads, which would walk into the same trap. */
  hold(owner: string): Promise<void>;
  /** Ends the replay whose job stood still when it was done again too, or the traces that it was to read. */
  end(job: ReplayJob | PromotionJob, owner: string, standing: Standing, silentMs: number): Promise<void>;
  /** Tells of a thread that died in the midst of its job, which is tried again as often as after any other fault. */
  died(job: ReplayJob | PromotionJob, owner: string, error: Error): Promise<void>;
};

export function attendStuckThreads(deps: Deps): StuckThreads {
  return {
    hold: (owner) => deps.unitOfWork.run((tx) => deps.workers.holdLeases(tx, owner, leaseMs)),
    async end(job, owner, standing, silentMs) {
      if (job.kind === 'promote') {
        const silent = `did not answer for ${Math.round(silentMs / 1000)} s, and was ended`;
        return postpone(deps, job.promotionId, silent);
      }
      await fail(deps, job, owner, await stuck(deps, job, owner, standing, silentMs));
    },
    async died(job, owner, error) {
      if (job.kind === 'promote') return postpone(deps, job.promotionId, `died (${error.message})`);
      await fail(deps, job, owner, new Error(`A thread of the worker died at it: ${error.message}`));
    },
  };
}

async function fail(deps: Deps, { kind, replayId }: ReplayJob, owner: string, error: Error): Promise<void> {
  if (kind === 'trace') {
    await deps.unitOfWork.run(async (tx) => {
      await deps.results.failReading(tx, replayId, owner, error.message);
      await deps.live.notify(tx, `trace:${replayId}`);
    });
    return;
  }
  await takeFailure(deps, replayId, error);
  // What is left to do is for any thread to take.
  await deps.unitOfWork.run((tx) => deps.workers.dropLeases(tx, owner));
}

/** Whether it was written the target knows: whoever takes it up again finds out, later and less often each time. */
async function postpone(deps: Deps, promotionId: string, how: string): Promise<void> {
  const sentence = `The thread that carried it out ${how}. It is taken up again.`;
  await deps.unitOfWork.run(async (tx) => {
    await deps.promotions.setProblem(tx, promotionId, { sentence, lasting: true, asked: false });
    await deps.live.notify(tx, `promotion:${promotionId}`);
  });
}

async function stuck(
  deps: Deps,
  job: ReplayJob,
  owner: string,
  { records, calling }: Standing,
  silentMs: number,
): Promise<RepriseError> {
  const { row, held } = await deps.unitOfWork.run(async (tx) => ({
    row: await deps.replays.find(tx, job.replayId),
    held: await deps.workers.heldPartitions(tx, owner, job.replayId),
  }));
  const silent = `did not answer for ${Math.round(silentMs / 1000)} s`;
  const during = row === null ? '' : `, while the replay was ${row.status}`;
  const checkpoint = held.find((each) => records === null || each.partition === records.partition);
  const place =
    records !== null && records.to - records.from === 1
      ? {
          sentence: `at offset ${records.from} of partition ${records.partition}`,
          where: `partition ${records.partition}, offset ${records.from}`,
        }
      : checkpoint === undefined
        ? null
        : {
            sentence: `in partition ${checkpoint.partition}, after its last checkpoint at offset ${checkpoint.cursor}`,
            where: `partition ${checkpoint.partition}, from offset ${checkpoint.cursor}`,
          };
  const at = place === null ? during : `, ${place.sentence}`;
  const where = place === null ? {} : { where: place.where };
  if (calling === null) {
    return new RepriseError(
      'internal',
      `A thread of the worker ${silent}${at}, and was not in the contract's code then.`,
      where,
    );
  }
  return new RepriseError(
    'projection-stuck',
    `The contract's code ${silent}: ${calling}${at}. Look for a loop in it that does not end.`,
    where,
  );
}

import {
  createPartitionFold,
  eventsProcessed,
  type FindingKind,
  type FoundRange,
  type PartitionFold,
  type Plan,
  type RecordBatch,
} from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { exactNumber } from '../../domain/shared/positions.ts';
import type { HistoryReader } from '../ports/history.ts';
import type { CommitOutcome, PartitionWork, SeamCompared, ShadowRow } from '../ports/replay-store.ts';
import type { RunnerDeps } from './deps.ts';
import type { RunningReplay } from './open-contract.ts';
import type { Pace } from './pace.ts';
import { isArchiveBacked } from './plan-replay.ts';
import type { OpenHistory } from './state-overlay.ts';
import { tellPages } from './tell-pages.ts';

/** A checkpoint holds at most this many events back, and comes at least this often. */
const eventsPerCheckpoint = 250_000;
const slowestMs = 5_000;
const quickestMs = 1_000;
const noticeEveryMs = 500;

/** One partition as a worker folds it: the fold, what it was restored from, and when it is to be committed. */
export class FoldingPartition {
  readonly work: PartitionWork;
  private readonly deps: RunnerDeps;
  private readonly base: string | null;
  private readonly reader: HistoryReader;
  private fold: PartitionFold | null;
  private next: number;
  private sinceEvents = 0;
  /** Since when there is something that no checkpoint holds; null where there is nothing: partitions wait for their turn. */
  private sinceMs: number | null = null;
  private readonly pace: Pace;
  private commitMs = 0;
  private noticedMs = 0;
  /** Checkpoints of this partition that are committed. */
  private checkpoints: number;
  private committing: Promise<CommitOutcome> | null = null;
  private isWriting = false;

  private constructor(
    deps: RunnerDeps,
    work: PartitionWork,
    from: { readonly base: string | null; readonly reader: HistoryReader; readonly pace: Pace },
    fold: PartitionFold,
  ) {
    this.deps = deps;
    this.work = work;
    this.base = from.base;
    this.reader = from.reader;
    this.pace = from.pace;
    this.fold = fold;
    this.next = exactNumber(work.cursor);
    this.checkpoints = work.checkpoints;
  }

  /** Takes the fold up where the last checkpoint has left it, or where the base ends. */
  static async restore(
    deps: RunnerDeps,
    running: RunningReplay,
    work: PartitionWork,
    { reader, decoder, subjects }: OpenHistory,
    pace: Pace,
  ): Promise<FoldingPartition> {
    const { plan, contract } = running;
    const base = plan.base?.replayId ?? null;
    const resume = work.checkpoints > 0 ? await loadStored(deps, work.replayId, work.partition) : null;
    const start = resume === null && base !== null ? await loadStored(deps, base, work.partition) : null;
    const fold = createPartitionFold({
      contract,
      partition: work.partition,
      partitionCount: plan.history.partitionCount,
      range: { from: exactNumber(work.from), to: exactNumber(work.to) },
      decode: (record) => decoder.decode(record),
      keys: plan.scope.kind === 'keys' ? new Set(plan.scope.keys) : null,
      waived: waivedIn(plan, work.partition),
      subjects,
      startSha256: deps.startSha256,
      resume:
        resume === null
          ? null
          : { ...resume, cursor: work.cursor, counters: work.counters, blockDigests: work.blockDigests },
      base: start,
    });
    return new FoldingPartition(deps, work, { base, reader, pace }, fold);
  }

  get cursor(): number {
    return this.next;
  }

  /** Where reading has to begin: the cursor, or the start of the history digest's unfinished block before it. */
  get readFrom(): bigint {
    return this.fold?.readFrom ?? this.work.cursor;
  }

  get complete(): boolean {
    return this.next >= exactNumber(this.work.to);
  }

  accept(batch: RecordBatch): void {
    this.sinceMs ??= this.deps.clock.now().getTime();
    this.pace.take(batch.records.length);
    try {
      this.fold?.accept(batch);
    } catch (error) {
      throw this.placed(error);
    }
    this.sinceEvents += batch.records.length;
    this.next = Math.max(this.next, batch.next);
  }

  /** A fold knows offsets, and its failure is read beside those of other partitions. */
  private placed(error: unknown): unknown {
    if (!(error instanceof RepriseError) || error.where === null || !/^offset \d+$/.test(error.where))
      return error;
    const where = `partition ${this.work.partition}, ${error.where}`;
    return new RepriseError(error.code, error.message, { where, cause: error, lasting: error.lasting });
  }

  /** Whether a checkpoint is worth its cost now: cheap ones come every second, dear ones every five. */
  due(): boolean {
    if (this.sinceEvents >= eventsPerCheckpoint) return true;
    if (this.isWriting) return false;
    const elapsed = this.sinceMs === null ? 0 : this.deps.clock.now().getTime() - this.sinceMs;
    return elapsed >= Math.min(slowestMs, Math.max(quickestMs, this.commitMs * 10));
  }

  /**
   * Commits what has been folded since the last time. The fold goes on while PostgreSQL writes: only the commit
   * before is waited for, so that at most one checkpoint is held in memory; the last one is waited for itself.
   */
  async checkpoint(final: boolean): Promise<CommitOutcome> {
    const before = await this.settle();
    if (before === 'lease-lost' || this.fold === null) return before;
    // Put off: a later event may mend its states, and if none does the fold refuses them itself.
    if (!final && !this.fold.writable) return before;
    this.isWriting = true;
    this.committing = this.commit(this.fold, final).finally(() => {
      this.isWriting = false;
    });
    // Whoever settles next sees the error; until then it is not to end the process.
    this.committing.catch(() => undefined);
    return final ? this.settle() : 'committed';
  }

  /** Waits until nothing is being written. */
  async settle(): Promise<CommitOutcome> {
    const outcome = (await this.committing) ?? 'committed';
    this.committing = null;
    return outcome;
  }

  forget(): void {
    this.fold = null;
  }

  /** How its archive was found to go on in its log, by who reads it now. */
  private seam(): SeamCompared | null {
    const seam = isArchiveBacked(this.reader) ? this.reader.seamOf(this.work.partition) : null;
    return seam && { from: String(seam.from), to: String(seam.to), events: seam.events };
  }

  private async commit(fold: PartitionFold, final: boolean): Promise<CommitOutcome> {
    const taken = fold.checkpoint(final);
    const startMs = this.deps.clock.now().getTime();
    const { spentMs, eventsPerSecond } = this.pace.told();
    this.sinceEvents = 0;
    this.sinceMs = null;
    const { replayId, partition } = this.work;
    const outcome = await this.deps.unitOfWork.run(async (tx) => {
      const committed = await this.deps.folds.commit(
        tx,
        this.work,
        {
          ...taken,
          seam: this.seam(),
          follows: this.checkpoints,
          done: final,
          spentMs,
          eventsPerSecond,
        },
        this.base,
      );
      if (committed === 'lease-lost') return committed;
      if (await this.deps.results.clearProblem(tx, replayId)) await tellPages(this.deps, tx, replayId);
      if (final || startMs - this.noticedMs >= noticeEveryMs) {
        this.noticedMs = startMs;
        await this.deps.live.notify(tx, `replay:${replayId}`);
      }
      return committed;
    });
    if (outcome === 'committed') this.checkpoints += 1;
    this.commitMs = this.deps.clock.now().getTime() - startMs;
    if (final) {
      this.deps.log.info(
        { replayId, partition, events: eventsProcessed(taken.counters), outcome },
        'a partition is folded',
      );
    }
    return outcome;
  }
}

function waivedIn({ waivers = [] }: Plan, partition: number): ReadonlySet<number> {
  const own = waivers.filter((waiver) => waiver.partition === partition);
  return new Set(own.map(({ offset }) => exactNumber(BigInt(offset))));
}

type Stored = {
  readonly shadow: readonly ShadowRow[];
  readonly seen: readonly Uint8Array[];
  readonly findingCounts: ReadonlyMap<FindingKind, number>;
  readonly foundRanges: readonly FoundRange[];
};

/** The states and ids that a partition's fold has committed. */
export async function loadStored(deps: RunnerDeps, replayId: string, partition: number): Promise<Stored> {
  return deps.unitOfWork.run(
    async (tx) => {
      const shadow: ShadowRow[] = [];
      for await (const rows of deps.folds.shadow(tx, replayId, partition)) shadow.push(...rows);
      const seen: Uint8Array[] = [];
      for await (const entries of deps.folds.seen(tx, replayId, partition)) seen.push(entries);
      const findingCounts = await deps.folds.findingCounts(tx, replayId, partition);
      const foundRanges = await deps.folds.foundRanges(tx, replayId, partition);
      return { shadow, seen, findingCounts, foundRanges };
    },
    { snapshot: true },
  );
}

import type { RecordBatch } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { HistoryReader, ValueDecoder } from '../ports/history.ts';
import type { PartitionWork } from '../ports/replay-store.ts';
import { leaseMs, type RunnerDeps } from './deps.ts';
import { FoldingPartition } from './folding-partition.ts';
import { type StopReason, watchLot } from './lot-watch.ts';
import { loadRunning, type RunningReplay, withHistory } from './open-contract.ts';
import { Pace } from './pace.ts';
import { RateLimit, sliceBatch } from './rate-limit.ts';
import { settlePause } from './steer-replay.ts';
import { loadSubjects } from './subjects.ts';
import { tellPages } from './tell-pages.ts';

/** After so many records at most a thread says that it goes on, however slow F is. */
const recordsAtOnce = 2_000;

/** What became of one lot. 'nothing': there was none to take. */
export type LotOutcome = 'nothing' | 'folded' | StopReason;

/**
 * Takes a fair share of a replay's partitions and folds them through one reader. Every checkpoint commits all
 * that a partition's fold has come to since the last one, or nothing; what is not committed is folded again.
 */
export async function foldLot(
  deps: RunnerDeps,
  replayId: string,
  owner: string,
  shutdown: AbortSignal,
): Promise<LotOutcome> {
  const works = await deps.unitOfWork.run(async (tx) => {
    const claimed = await deps.folds.claim(tx, replayId, owner, leaseMs);
    // What was queued is folding now; whoever takes up a share of it later says no more than that it goes on.
    if (claimed.length > 0) await tellPages(deps, tx, replayId);
    return claimed;
  });
  if (works.length === 0) return 'nothing';
  const lot = new Lot(deps, works, shutdown);
  try {
    const running = await loadRunning(deps, replayId);
    return await lot.fold(running);
  } finally {
    await lot.letGo();
  }
}

/** Each last checkpoint takes a connection while it is written, and the lot needs one more. */
const mostFinishing = 3;

class Lot {
  private readonly deps: RunnerDeps;
  private readonly works: readonly PartitionWork[];
  private readonly limit: RateLimit;
  private readonly halt = new AbortController();
  private readonly partitions = new Map<number, FoldingPartition>();
  private readonly done = new Set<number>();
  /** Folded to the end: their last checkpoints are written while the others are folded on. */
  private readonly ending = new Set<number>();
  private readonly finishing = new Set<Promise<void>>();
  private reason: StopReason | null = null;

  constructor(deps: RunnerDeps, works: readonly PartitionWork[], shutdown: AbortSignal) {
    this.deps = deps;
    this.works = works;
    this.limit = new RateLimit(deps.clock);
    if (shutdown.aborted) this.stop('shutdown');
    shutdown.addEventListener('abort', () => this.stop('shutdown'), { signal: this.halt.signal });
  }

  async fold(running: RunningReplay): Promise<LotOutcome> {
    const ended = new AbortController();
    const watching = await watchLot(
      this.deps,
      {
        held: () => this.works.filter((work) => !this.done.has(work.partition)),
        isEnding: (partition) => this.ending.has(partition),
        limit: this.limit,
        stop: (reason) => this.stop(reason),
      },
      ended.signal,
    );
    try {
      await withHistory(this.deps, running.contract, async ({ reader, decoder }) => {
        await this.restore(running, reader, decoder);
        await this.read(running, reader, decoder);
      });
      return this.reason ?? 'folded';
    } finally {
      ended.abort();
      await watching.ended;
    }
  }

  private stop(reason: StopReason): void {
    this.reason ??= reason;
    this.halt.abort();
  }

  private async restore(running: RunningReplay, reader: HistoryReader, decoder: ValueDecoder): Promise<void> {
    const history = { reader, decoder, subjects: await loadSubjects(this.deps, running.contract) };
    const pace = new Pace(this.deps.clock);
    for (const work of this.works) {
      if (this.reason !== null) return;
      const folding = await FoldingPartition.restore(this.deps, running, work, history, pace);
      this.partitions.set(work.partition, folding);
    }
  }

  private async read(running: RunningReplay, reader: HistoryReader, decoder: ValueDecoder): Promise<void> {
    const ranges = [];
    for (const [partition, folding] of this.partitions) {
      if (folding.complete) await this.finish(partition);
      else ranges.push({ partition, from: folding.readFrom, to: folding.work.to });
    }
    if (ranges.length > 0 && this.reason === null) {
      const { identity, visibleBefore } = running.plan.history;
      const options = { identity, visibleBefore, signal: this.halt.signal };
      try {
        await reader.read(ranges, options, (batch) => this.take(batch, decoder));
      } catch (error) {
        if (this.reason === null) throw error;
      }
    }
    await Promise.all(this.finishing);
    if (this.reason === 'lease-lost' || this.reason === 'ended') return;
    if (this.reason !== null) {
      for (const [partition, folding] of this.partitions) {
        if (this.done.has(partition)) continue;
        await folding.checkpoint(false);
        await folding.settle();
      }
      return;
    }
    for (const [partition, folding] of this.partitions) {
      if (!this.done.has(partition)) throw undelivered(running.plan.history.name, folding);
    }
  }

  private async take(batch: RecordBatch, decoder: ValueDecoder): Promise<void> {
    const folding = this.partitions.get(batch.partition);
    if (folding === undefined || this.reason !== null) return;
    await decoder.prepare(batch);
    const { progress } = this.deps;
    for (const slice of sliceBatch(batch, this.sliceSize(batch))) {
      await this.limit.take(slice.records.length, this.halt.signal);
      if (this.reason !== null) return;
      progress.folding(slice.partition, slice.records[0]?.offset ?? folding.cursor, slice.next);
      folding.accept(slice);
      progress.folded();
      if (folding.complete) await this.finish(batch.partition);
      else if (folding.due()) await this.keep(folding.checkpoint(false));
    }
  }

  private sliceSize(batch: RecordBatch): number {
    const stoodAt = this.deps.progress.closeLook?.records ?? null;
    const here =
      stoodAt !== null &&
      stoodAt.partition === batch.partition &&
      stoodAt.from < batch.next &&
      stoodAt.to > (batch.records[0]?.offset ?? batch.next);
    return here ? 1 : Math.min(recordsAtOnce, this.limit.slice ?? recordsAtOnce);
  }

  /**
   * Starts a partition's last checkpoint. The others are folded on meanwhile; only so many may wait for PostgreSQL,
   * since each holds its rows in memory.
   */
  private async finish(partition: number): Promise<void> {
    const folding = this.partitions.get(partition);
    if (folding === undefined || this.ending.has(partition)) return;
    this.ending.add(partition);
    if (this.finishing.size >= mostFinishing) await Promise.race(this.finishing);
    const finishing = this.keep(folding.checkpoint(true)).then(() => {
      if (this.reason !== 'lease-lost') this.done.add(partition);
      // A finished fold's states and ids are in the database: its memory is wanted by the others.
      folding.forget();
      this.finishing.delete(finishing);
    });
    // Awaited when all is read; until then a failure is not to end the process.
    finishing.catch(() => undefined);
    this.finishing.add(finishing);
  }

  private async keep(committing: Promise<'committed' | 'lease-lost'>): Promise<void> {
    if ((await committing) === 'lease-lost') this.stop('lease-lost');
  }

  /** Gives back what is still held. A worker that dies before this loses its leases by time. */
  async letGo(): Promise<void> {
    this.halt.abort();
    await Promise.allSettled(this.finishing);
    try {
      await this.deps.unitOfWork.run(async (tx) => {
        for (const work of this.works)
          if (!this.done.has(work.partition)) await this.deps.folds.release(tx, work);
      });
      const [first] = this.works;
      if (first === undefined) return;
      await this.deps.unitOfWork.run((tx) => settlePause(this.deps, tx, first.replayId));
    } catch (error) {
      this.deps.log.warn({ error: String(error) }, 'could not give partitions back; their leases run out');
    }
  }
}

function undelivered(name: string, folding: FoldingPartition): RepriseError {
  const { partition, to } = folding.work;
  return new RepriseError(
    'history-missing',
    `${name} partition ${partition} ended at ${folding.cursor}, before ${to}: what lies between was neither delivered nor accounted for.`,
    { where: `${name}/${partition}@${folding.cursor}-${to}` },
  );
}

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PromotionJob, ReplayJob } from '../application/ports/jobs.ts';
import type { Log } from '../application/ports/log.ts';
import type { Progress, Standing } from '../application/ports/progress.ts';
import type { StuckThreads } from '../application/replay/end-stuck.ts';
import { ThreadMark } from './thread-mark.ts';
import { Watch } from './thread-watch.ts';

type ThreadJob = ReplayJob | PromotionJob;

/** What a thread is told, and what it answers. */
export type ToThread =
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly job: ThreadJob;
      readonly closeLook: Progress['closeLook'];
    }
  | { readonly kind: 'shutdown' };
export type FromThread =
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly sentence: string };

export type ThreadData = { readonly owner: string; readonly memory: SharedArrayBuffer };

type Running = { readonly id: number; readonly resolve: () => void; readonly reject: (error: Error) => void };
type Thread = { readonly worker: Worker; readonly mark: ThreadMark; running: Running | null };

type PoolOptions = {
  readonly name: string;
  readonly size: number;
  readonly workerId: string;
  readonly log: Log;
  readonly stuckMs: number;
  readonly stuckThreads: StuckThreads;
};

/** A thread gave no sign of life while it worked, and was ended. */
class ThreadStuck extends Error {
  readonly standing: Standing;

  constructor(owner: string, standing: Standing) {
    super(`thread ${owner} stood still`);
    this.standing = standing;
  }
}

/** A thread ended by itself while it worked: most of all for want of memory. */
class ThreadDied extends Error {}

/** Beside this module, whether that is the source or was put into one file with others. */
const threadFile = `./fold-thread${extname(import.meta.url)}`;

/**
 * What a fold allocates is dead a moment later, so a larger young generation buys no time and costs that much memory
 * in every thread (docs/bench.md).
 */
const youngGenerationMb = 12;

/**
 * Threads that each do one job at a time. They are started when they are first needed and kept; one that dies
 * fails its job (its leases run out by themselves) and is replaced at the next. One that stands still is ended and
 * its job done once more by a new one that looks closely; where that stands still too, the job is ended for good.
 */
export class ThreadPool {
  private readonly options: PoolOptions;
  private readonly threads = new Map<number, Thread>();
  private readonly waiting: (() => void)[] = [];
  private readonly busy = new Set<number>();
  private jobs = 0;
  private ending = false;

  constructor(options: PoolOptions) {
    this.options = options;
  }

  /** Starts all threads now, so that the first job does not wait for one. */
  warm(): void {
    for (let slot = 0; slot < this.options.size; slot++) if (!this.threads.has(slot)) this.start(slot);
  }

  /** Whether any of its threads has a job. */
  get isBusy(): boolean {
    return this.busy.size > 0;
  }

  /** Runs a job on the next idle thread. Rejects where the thread failed or died. */
  async run(job: ThreadJob): Promise<void> {
    const slot = await this.takeSlot();
    if (slot === null) return;
    try {
      await this.runTwiceIfStuck(slot, job);
    } finally {
      this.busy.delete(slot);
      this.waiting.shift()?.();
    }
  }

  /** Asks every thread to stop at its next checkpoint; `run` resolves as they do. */
  shutdown(): void {
    this.ending = true;
    for (const { worker } of this.threads.values())
      worker.postMessage({ kind: 'shutdown' } satisfies ToThread);
    for (const wake of this.waiting.splice(0)) wake();
  }

  async terminate(): Promise<void> {
    this.ending = true;
    await Promise.all([...this.threads.values()].map(({ worker }) => worker.terminate()));
  }

  private async takeSlot(): Promise<number | null> {
    for (;;) {
      if (this.ending) return null;
      for (let slot = 0; slot < this.options.size; slot++) {
        if (this.busy.has(slot)) continue;
        this.busy.add(slot);
        return slot;
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** The second time in the same place and under the same name, which still holds what the first one held. */
  private async runTwiceIfStuck(slot: number, job: ThreadJob): Promise<void> {
    const { stuckMs, stuckThreads } = this.options;
    try {
      await this.runOn(slot, job, null).catch(async (error: unknown) => {
        if (!(error instanceof ThreadStuck) || this.ending) throw error;
        await this.runOn(slot, job, { records: error.standing.records });
      });
    } catch (error) {
      if (this.ending) throw error;
      if (error instanceof ThreadDied) await stuckThreads.died(job, this.ownerOf(slot), error);
      else if (error instanceof ThreadStuck)
        await stuckThreads.end(job, this.ownerOf(slot), error.standing, stuckMs);
      else throw error;
    }
  }

  private runOn(slot: number, job: ThreadJob, closeLook: Progress['closeLook']): Promise<void> {
    const thread = this.threads.get(slot) ?? this.start(slot);
    this.jobs += 1;
    const id = this.jobs;
    return new Promise<void>((resolve, reject) => {
      thread.running = { id, resolve, reject };
      thread.worker.postMessage({ kind: 'run', id, job, closeLook } satisfies ToThread);
    });
  }

  private ownerOf(slot: number): string {
    return `${this.options.workerId}/${this.options.name}-${slot}`;
  }

  private start(slot: number): Thread {
    const { name, log } = this.options;
    const owner = this.ownerOf(slot);
    const mark = new ThreadMark();
    const worker = new Worker(new URL(threadFile, import.meta.url), {
      workerData: { owner, memory: mark.memory } satisfies ThreadData,
      name: `${name}-${slot}`,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    const thread: Thread = { worker, mark, running: null };
    this.threads.set(slot, thread);
    const fail = (error: Error) => {
      watch.stop();
      if (this.threads.get(slot) === thread) this.threads.delete(slot);
      thread.running?.reject(error);
      thread.running = null;
    };
    const watch = new Watch({
      pulse: () => (thread.running === null ? null : mark.pulse),
      boundMs: this.options.stuckMs,
      onSilent: () => void this.holdFor(owner),
      onStuck: () => void this.endStuck(thread, owner),
    });
    worker.on('message', (message: FromThread) => {
      if (thread.running?.id !== message.id) return;
      const { resolve, reject } = thread.running;
      thread.running = null;
      if (message.kind === 'done') resolve();
      else reject(new Error(message.sentence));
    });
    worker.on('error', (error) => {
      log.error({ thread: `${name}-${slot}`, error }, 'a thread died');
      fail(new ThreadDied(error instanceof Error ? error.message : String(error)));
    });
    worker.on('exit', (code) => fail(new ThreadDied(`it ended with code ${code}`)));
    return thread;
  }

  private async holdFor(owner: string): Promise<void> {
    await this.options.stuckThreads
      .hold(owner)
      .catch((error: unknown) =>
        this.options.log.warn({ owner, error }, 'could not hold the leases of a silent thread'),
      );
  }

  private async endStuck(thread: Thread, owner: string): Promise<void> {
    const { running } = thread;
    // Its exit is no failure of the job: what becomes of that is decided here.
    thread.running = null;
    const standing = thread.mark.read();
    this.options.log.error({ owner, ...standing }, 'a thread stood still and is ended');
    void this.holdFor(owner);
    await thread.worker.terminate();
    running?.reject(new ThreadStuck(owner, standing));
  }
}

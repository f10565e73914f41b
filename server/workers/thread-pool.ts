import { Worker } from 'node:worker_threads';
import type { Job } from '../application/ports/jobs.ts';
import type { Log } from '../application/ports/log.ts';

/** What a thread is told, and what it answers. */
export type ToThread =
  | { readonly kind: 'run'; readonly id: number; readonly job: Job }
  | { readonly kind: 'shutdown' };
export type FromThread =
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly sentence: string };

export type ThreadData = { readonly owner: string };

type Running = { readonly id: number; readonly resolve: () => void; readonly reject: (error: Error) => void };
type Thread = { readonly worker: Worker; running: Running | null };

/**
 * What a fold allocates is dead a moment later, so a larger young generation buys no time and costs that much memory
 * in every thread (docs/bench.md).
 */
const youngGenerationMb = 24;

/**
 * Threads that each do one job at a time. They are started when they are first needed and kept; one that dies
 * fails its job (its leases run out by themselves) and is replaced at the next.
 */
export class ThreadPool {
  private readonly options: {
    readonly name: string;
    readonly size: number;
    readonly workerId: string;
    readonly log: Log;
  };
  private readonly threads = new Map<number, Thread>();
  private readonly waiting: (() => void)[] = [];
  private readonly busy = new Set<number>();
  private jobs = 0;
  private ending = false;

  constructor(options: ThreadPool['options']) {
    this.options = options;
  }

  /** Starts all threads now, so that the first job does not wait for one. */
  warm(): void {
    for (let slot = 0; slot < this.options.size; slot++) if (!this.threads.has(slot)) this.start(slot);
  }

  /** Runs a job on the next idle thread. Rejects where the thread failed or died. */
  async run(job: Job): Promise<void> {
    const slot = await this.takeSlot();
    if (slot === null) return;
    try {
      await this.runOn(slot, job);
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

  private runOn(slot: number, job: Job): Promise<void> {
    const thread = this.threads.get(slot) ?? this.start(slot);
    this.jobs += 1;
    const id = this.jobs;
    return new Promise<void>((resolve, reject) => {
      thread.running = { id, resolve, reject };
      thread.worker.postMessage({ kind: 'run', id, job } satisfies ToThread);
    });
  }

  private start(slot: number): Thread {
    const { name, workerId, log } = this.options;
    const data: ThreadData = { owner: `${workerId}/${name}-${slot}` };
    const worker = new Worker(new URL('./fold-thread.ts', import.meta.url), {
      workerData: data,
      name: `${name}-${slot}`,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    const thread: Thread = { worker, running: null };
    this.threads.set(slot, thread);
    const fail = (error: Error) => {
      if (this.threads.get(slot) === thread) this.threads.delete(slot);
      thread.running?.reject(error);
      thread.running = null;
    };
    worker.on('message', (message: FromThread) => {
      if (thread.running?.id !== message.id) return;
      const { resolve, reject } = thread.running;
      thread.running = null;
      if (message.kind === 'done') resolve();
      else reject(new Error(message.sentence));
    });
    worker.on('error', (error) => {
      log.error({ thread: `${name}-${slot}`, error }, 'a thread died');
      fail(error instanceof Error ? error : new Error(String(error)));
    });
    worker.on('exit', (code) => fail(new Error(`thread ${name}-${slot} ended with code ${code}`)));
    return thread;
  }
}

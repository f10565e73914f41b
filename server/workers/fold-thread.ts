import { parentPort, workerData } from 'node:worker_threads';
import { composeRunner } from '../composition/runner.ts';
import { settings } from '../env.ts';
import { ThreadMark } from './thread-mark.ts';
import type { FromThread, ThreadData, ToThread } from './thread-pool.ts';

/** A thread of a worker: it folds lots, runs phases and reads traces, one job at a time. */
const { owner, memory } = workerData as ThreadData;
const shutdown = new AbortController();
const mark = new ThreadMark(memory);
const { runner, log } = composeRunner(settings(), { name: owner, progress: mark });
setInterval(() => mark.beat(), 250).unref();

/**
 * What a contract's own promises come to is nobody's concern: the fold judges what F answers at once. A promise of
 * ours that nobody handles is a fault of ours, and ends the thread as it would without this.
 */
process.on('unhandledRejection', (reason, promise) => {
  if (promise instanceof Promise) throw reason;
  log.warn(
    { reason: String(reason) },
    "a promise that a contract's code has made failed, and nothing waits for it",
  );
});

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'shutdown') shutdown.abort();
  else void run(message);
});

async function run({ id, job, closeLook }: Extract<ToThread, { kind: 'run' }>): Promise<void> {
  mark.begin(closeLook);
  try {
    await runner.run(job, owner, shutdown.signal);
    answer({ kind: 'done', id });
  } catch (error) {
    log.error({ ...job, error }, 'a job failed');
    answer({ kind: 'failed', id, sentence: error instanceof Error ? error.message : String(error) });
  }
}

function answer(message: FromThread): void {
  parentPort?.postMessage(message);
}

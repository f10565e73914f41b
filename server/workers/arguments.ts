export const workerSource = 'server/workers/main.ts';

/**
 * What node is started with to be a worker, from its source or from what `npm start` has made of that. The main
 * thread's young generation is bounded as those of the threads are (`ThreadPool`): left to itself it grew by 150 MB while
 * an audit read a long history, and gave nothing back (docs/bench.md).
 */
export function workerArguments(file = workerSource): readonly string[] {
  return ['--max-semi-space-size=4', file];
}

/**
 * What a worker is started with besides, where its own environment says nothing else. glibc puts into its arenas what
 * is smaller than the largest block that was ever given back to it, so that a broker's answers, which come and go, held
 * on to 140 MB of a worker with two threads. With a fixed bound they go back to the system when they are freed; other
 * C libraries pass over it.
 */
export const workerEnvironment: Readonly<Record<string, string>> = { MALLOC_MMAP_THRESHOLD_: '131072' };

/**
 * What node is started with to be a worker. The main thread's young generation is bounded as those of the threads are
 * (`ThreadPool`): left to itself it grew by 150 MB while an audit read a long history, and gave nothing back
 * (docs/bench.md).
 */
export const workerArguments: readonly string[] = ['--max-semi-space-size=8', 'server/workers/main.ts'];

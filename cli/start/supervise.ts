import { setTimeout as delay } from 'node:timers/promises';
import { type Exit, type Log, lastLines } from '../../demo/infra/processes.ts';

/** One running server or process, as whoever started it hands it over. */
export type Running = { pid: number; exited: Promise<Exit>; stop: () => Promise<void> };

export type Supervised = {
  name: string;
  /** The pid of the present process, or null between two. */
  pid: () => number | null;
  /** Crashes in a row; 0 while the first start holds. */
  crashes: () => number;
  /** Stops it for good. */
  stop: () => Promise<void>;
};

export type SuperviseOptions = {
  name: string;
  start: () => Promise<Running>;
  log: Log;
  logFile: string;
  now?: () => number;
  sleep?: (ms: number) => Promise<unknown>;
};

/** After this long without a crash the next one counts as the first again. */
const STEADY_MS = 60_000;

/** 1, 2, 4, … 30 seconds: quick after one crash, no hot loop when it can never start. */
export function backOffMs(crashes: number): number {
  return Math.min(30_000, 1_000 * 2 ** Math.max(0, crashes - 1));
}

/**
 * Starts a process and keeps it running: a crash is said, with the end of its log, and it is
 * started again after a back-off. The first start's failure is the caller's to handle.
 */
export async function supervise(options: SuperviseOptions): Promise<Supervised> {
  const { name, start, log, logFile } = options;
  const now = options.now ?? (() => performance.now());
  const sleep = options.sleep ?? ((ms: number) => delay(ms, undefined, { ref: false }));
  let current: Running | null = await start();
  let isStopping = false;
  let crashes = 0;

  const watch = async (first: Running): Promise<void> => {
    let running = first;
    for (;;) {
      const since = now();
      const { code, signal } = await running.exited;
      if (isStopping) return;
      current = null;
      crashes = now() - since > STEADY_MS ? 1 : crashes + 1;
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      log(`✗ ${name} ended ${how}; starting it again in ${backOffMs(crashes) / 1000} s. ${logFile} ends:`);
      for (const line of await lastLines(logFile, 5)) log(`    ${line}`);
      const again = await restart();
      if (again === null) return;
      running = again;
    }
  };

  const restart = async (): Promise<Running | null> => {
    for (;;) {
      await sleep(backOffMs(crashes));
      if (isStopping) return null;
      try {
        const running = await start();
        if (isStopping) {
          await running.stop();
          return null;
        }
        current = running;
        log(`✓ ${name} runs again (pid ${running.pid})`);
        return running;
      } catch (error) {
        crashes += 1;
        const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
        log(`✗ ${name} did not start (${why}); trying again in ${backOffMs(crashes) / 1000} s`);
      }
    }
  };

  void watch(current);
  return {
    name,
    pid: () => current?.pid ?? null,
    crashes: () => crashes,
    stop: async () => {
      isStopping = true;
      await current?.stop();
    },
  };
}

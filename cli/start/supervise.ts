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
  /** Ends it, and leaves it ended until `release`. */
  hold: () => Promise<void>;
  /** Starts what was held; resolves once it runs. What runs goes on. */
  release: () => Promise<void>;
  isHeld: () => boolean;
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
  let held: { readonly released: Promise<void>; readonly letGo: () => void } | null = null;
  /** What somebody who released it waits for. */
  let startedAgain: PromiseWithResolvers<void> | null = null;
  /** Settles once the start that is under way has come to something. */
  let starting: Promise<unknown> = Promise.resolve();

  const watch = async (first: Running): Promise<void> => {
    let running = first;
    for (;;) {
      const since = now();
      const { code, signal } = await running.exited;
      if (isStopping) return;
      current = null;
      if (held !== null) {
        log(`${name} is stopped`);
        await untilReleased();
        crashes = 0;
        const resumed = isStopping ? null : await restart(0);
        if (resumed === null) return;
        running = resumed;
        continue;
      }
      crashes = now() - since > STEADY_MS ? 1 : crashes + 1;
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      log(`✗ ${name} ended ${how}; starting it again in ${backOffMs(crashes) / 1000} s. ${logFile} ends:`);
      for (const line of await lastLines(logFile, 5)) log(`    ${line}`);
      const again = await restart(backOffMs(crashes));
      if (again === null) return;
      running = again;
    }
  };

  const untilReleased = async (): Promise<void> => {
    while (held !== null && !isStopping) await held.released;
  };

  /** Starts it; null where it was to end again by the time that it ran. */
  const startOnce = async (): Promise<Running | null> => {
    const running = await start();
    if (isStopping || held !== null) {
      await running.stop();
      return null;
    }
    current = running;
    startedAgain?.resolve();
    startedAgain = null;
    log(`✓ ${name} runs again (pid ${running.pid})`);
    return running;
  };

  const restart = async (firstWaitMs: number): Promise<Running | null> => {
    for (let waitMs = firstWaitMs; ; ) {
      if (waitMs > 0) await sleep(waitMs);
      // Held while it was down: it stays down until it is released.
      await untilReleased();
      if (isStopping) return null;
      try {
        const attempt = startOnce();
        starting = attempt.catch(() => undefined);
        const running = await attempt;
        if (running !== null) return running;
        waitMs = 0;
      } catch (error) {
        crashes += 1;
        waitMs = backOffMs(crashes);
        const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
        log(`✗ ${name} did not start (${why}); trying again in ${waitMs / 1000} s`);
      }
    }
  };

  void watch(current);
  return {
    name,
    pid: () => current?.pid ?? null,
    crashes: () => crashes,
    isHeld: () => held !== null,
    hold: async () => {
      if (held === null) {
        const { promise, resolve } = Promise.withResolvers<void>();
        held = { released: promise, letGo: resolve };
      }
      const ended = current?.exited;
      await current?.stop();
      // So that who watches has seen it end while it was held, and takes it for no crash.
      await ended;
      // What was just being started is ended as soon as it runs.
      await starting;
    },
    release: async () => {
      if (held === null) return;
      const { letGo } = held;
      held = null;
      letGo();
      // It could not be ended, or not yet: then nothing starts it.
      if (current !== null) return;
      startedAgain ??= Promise.withResolvers<void>();
      await startedAgain.promise;
    },
    stop: async () => {
      isStopping = true;
      held?.letGo();
      startedAgain?.resolve();
      await current?.stop();
    },
  };
}

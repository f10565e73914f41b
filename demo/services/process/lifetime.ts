/** How every process of the demo starts, is configured, speaks and ends. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import pino, { type Logger } from 'pino';

export type { Logger };

function openLog(service: string): Logger {
  return pino({ name: service, level: process.env.LOG_LEVEL ?? 'info' });
}

/** @throws Error naming the variable. */
export function required(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === '')
    throw new Error(`${variable} is not set: it names where to connect`);
  return value;
}

export function readArguments<T extends NonNullable<ParseArgsConfig['options']>>(
  options: T,
): ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>> {
  return parseArgs({ options, allowPositionals: true });
}

/**
 * A signal that is raised by SIGTERM, SIGINT, or the death of the process that started this one: a service
 * whose launcher was killed must not live on unseen.
 */
function untilStopped(): AbortSignal {
  const stopped = new AbortController();
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) stopped.abort();
  }, 500);
  watch.unref();
  process.once('SIGTERM', () => stopped.abort());
  process.once('SIGINT', () => stopped.abort());
  return stopped.signal;
}

/** Runs a service to its end; what it throws is its last line, and its exit code is 1. */
export async function runService(
  name: string,
  run: (context: { log: Logger; stopped: AbortSignal }) => Promise<void>,
): Promise<void> {
  const log = openLog(name);
  const stopped = untilStopped();
  try {
    await run({ log, stopped });
    process.exitCode = 0;
  } catch (error) {
    log.error({ err: error }, `${name} ended: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

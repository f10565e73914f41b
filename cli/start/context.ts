import { join } from 'node:path';
import type { Steps } from './steps.ts';
import type { Supervised } from './supervise.ts';

/** What every step of a start needs to know. */
export type LaunchContext = {
  /** The repository. */
  root: string;
  /** Everything of this installation that is not source: data, logs, records of processes. */
  stateDir: string;
  logsDir: string;
  /** Downloads, the build's key and the worker's bundle: they belong to the repository, and outlive `--fresh`. */
  cacheDir: string;
  steps: Steps;
  /** For what happens outside a step: a crash, a restart. */
  log: (line: string) => void;
  /** Everything that runs, in the order of its start; it is stopped from its end. */
  running: Supervised[];
  /** What ends with the launcher and is no process. */
  closing: (() => Promise<void>)[];
};

export function folders(root: string, stateDir: string): Pick<LaunchContext, 'logsDir' | 'cacheDir'> {
  return { logsDir: join(stateDir, 'logs'), cacheDir: join(root, '.reprise', 'cache') };
}

/** A setting of the environment; an empty one counts as not set. */
export function setting(name: string): string | null {
  const value = process.env[name];
  return value === undefined || value === '' ? null : value;
}

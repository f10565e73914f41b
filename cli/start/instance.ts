import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeContainer } from '../../demo/infra/containers.ts';
import type { ProcessIdentity } from '../../demo/infra/process-identity.ts';
import {
  type Log,
  readIdentity,
  StateInUseError,
  stopProcess,
  takeOwnership,
} from '../../demo/infra/processes.ts';

export type Instance =
  | { kind: 'ours'; release: () => Promise<void> }
  | { kind: 'running'; pid: number; address: string | null };

/** Takes the state folder, or says which launcher has it and where its page is. */
export async function claimInstance(stateDir: string): Promise<Instance> {
  try {
    return { kind: 'ours', release: await takeOwnership(stateDir, 'Reprise') };
  } catch (error) {
    if (!(error instanceof StateInUseError)) throw error;
    const address = await readFile(addressFile(stateDir), 'utf8').catch(() => null);
    return { kind: 'running', pid: error.ownerPid, address };
  }
}

/** Holds the page's address while a launcher runs. */
export function addressFile(stateDir: string): string {
  return join(stateDir, 'address');
}

/**
 * Holds the settings that web and worker run with, passwords included: with them the command line
 * reaches the Reprise that runs here (cli/bootstrap/running-settings.mjs reads it).
 */
export function settingsFile(stateDir: string): string {
  return join(stateDir, 'settings.json');
}

/** Where the identity of a child process is kept, so that a later start can find it. */
export function childFile(stateDir: string, name: string): string {
  return join(stateDir, 'children', `${name}.json`);
}

/** In the order in which they are stopped: whoever uses a server goes before it. */
const SERVERS = ['connect/connect', 'kafka/kafka', 'postgres/postgres'];

/** Every process that is on record in a state folder, the launcher first; some of them may be gone. */
export async function recordedProcesses(stateDir: string): Promise<readonly ProcessIdentity[]> {
  const children = await readdir(join(stateDir, 'children')).catch(() => []);
  const files = [
    'owner.json',
    ...children.map((file) => join('children', file)),
    ...SERVERS.map((server) => `${server}.pid.json`),
  ];
  const found = await Promise.all(files.map((file) => readIdentity(join(stateDir, file))));
  return found.filter((identity) => identity !== null);
}

/**
 * Stops what a killed launcher left: its processes first, then its servers. Only processes that
 * are the recorded ones, by pid and start time. Returns how many were still running.
 */
export async function stopLeftovers(stateDir: string, log: Log): Promise<number> {
  const children = await readdir(join(stateDir, 'children')).catch(() => []);
  const stopped = await Promise.all(
    children.map((file) => stopRecorded(join(stateDir, 'children', file), 8_000, 'SIGTERM')),
  );
  let count = stopped.filter(Boolean).length;
  for (const server of SERVERS) {
    const isPostgres = server === 'postgres/postgres';
    const file = join(stateDir, `${server}.pid.json`);
    const wasRunning = await stopRecorded(file, 20_000, isPostgres ? 'SIGINT' : 'SIGTERM');
    // The engine's own process may be gone, and its container not.
    if ((await removeContainer(dirname(file))) || wasRunning) count += 1;
  }
  if (count > 0) log(`stopped ${count} process${count === 1 ? '' : 'es'} left by an earlier run`);
  return count;
}

async function stopRecorded(file: string, graceMs: number, signal: NodeJS.Signals): Promise<boolean> {
  const identity = await readIdentity(file);
  const outcome = identity === null ? 'gone' : await stopProcess(identity, graceMs, signal);
  await rm(file, { force: true });
  return outcome !== 'gone';
}

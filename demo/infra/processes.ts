import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { link, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PortTakenError, saysPortTaken } from './ports.ts';
import { identify, isRunning, type ProcessIdentity, parseIdentity } from './process-identity.ts';

/** Receives one line at a time, without a newline. */
export type Log = (line: string) => void;

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

export async function readIdentity(file: string): Promise<ProcessIdentity | null> {
  return parseIdentity(await readFile(file, 'utf8').catch(() => ''));
}

/** Written whole or not at all: a launcher killed in the middle must not leave half a record. */
export async function writeFileAtomically(file: string, text: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, text, { mode });
  await rename(draft, file);
}

/** Sends to the process group where the process leads one, so that its own children go with it. */
function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  for (const target of [-identity.pid, identity.pid]) {
    try {
      process.kill(target, name);
      return;
    } catch {
      // No such group (or gone already): the process itself is tried next.
    }
  }
}

/**
 * Asks, waits for `graceMs`, then kills. Resolves when the process is gone. Only ever touches the
 * process that was recorded.
 */
export async function stopProcess(
  identity: ProcessIdentity,
  graceMs: number,
  firstSignal: NodeJS.Signals = 'SIGTERM',
): Promise<'gone' | 'stopped' | 'killed'> {
  if (!isRunning(identity)) return 'gone';
  signal(identity, firstSignal);
  if (await waitUntil(() => !isRunning(identity), graceMs, 50)) return 'stopped';
  signal(identity, 'SIGKILL');
  await waitUntil(() => !isRunning(identity), 10_000, 50);
  return 'killed';
}

/** True when the condition held within the bound, false when the time was up. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  boundMs: number,
  everyMs = 100,
): Promise<boolean> {
  const end = performance.now() + boundMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= end) return false;
    await delay(everyMs);
  }
}

export type Started = {
  identity: ProcessIdentity;
  child: ChildProcess;
  exited: Promise<Exit>;
  hasExited: () => boolean;
};

const living = new Set<Started>();
let isClosed = false;

/**
 * From now on nothing new is started, and what still runs of what this process started is stopped.
 * For the end of a launcher: a step in its middle must not start a server behind its back.
 */
export async function stopEverythingStarted(graceMs: number): Promise<void> {
  isClosed = true;
  await Promise.all([...living].map((started) => stopProcess(started.identity, graceMs)));
}

/**
 * Starts a process in a group of its own (a Ctrl-C in the terminal reaches only its owner, which
 * stops it in order), writing straight to a file, so that it outlives a killed owner without
 * dying on a broken pipe, and records its identity when a file for that is named.
 */
export async function startProcess(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { logFile: string; identityFile?: string },
): Promise<Started> {
  const { logFile, identityFile, ...spawnOptions } = options;
  await mkdir(dirname(logFile), { recursive: true });
  if (isClosed) throw new Error(`${command} was not started: everything is being stopped.`);
  const out = openSync(logFile, 'a', 0o600);
  const child = spawn(command, [...args], {
    ...spawnOptions,
    detached: true,
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  const pid = child.pid ?? 0;
  const identity = identify(pid) ?? { pid, startedAt: 'gone' };
  let gone = false;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, exitSignal) => {
      gone = true;
      living.delete(started);
      resolve({ code, signal: exitSignal });
    });
  });
  const started: Started = { identity, child, exited, hasExited: () => gone };
  living.add(started);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => {
      living.delete(started);
      reject(error);
    });
  });
  if (identityFile !== undefined) await writeFileAtomically(identityFile, JSON.stringify(identity));
  return started;
}

/** The end of a log, for the message of a failed start. */
export async function lastLines(file: string, count: number): Promise<string[]> {
  try {
    const size = (await stat(file)).size;
    const length = Math.min(size, 16_384);
    const handle = await open(file, 'r');
    try {
      const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.toString('utf8').trimEnd().split('\n').slice(-count);
    } finally {
      await handle.close();
    }
  } catch {
    return [];
  }
}

/** The error of a server that did not come up: why, with the end of its log. */
export async function failedStart(why: string, logFile: string): Promise<Error> {
  const lines = await lastLines(logFile, 200);
  const message = [`${why}. ${logFile} ends:`, ...lines.slice(-10)].join('\n');
  return saysPortTaken(lines) ? new PortTakenError(message) : new Error(message);
}

/**
 * Takes a state folder for this process. Fails when a living process holds it: two servers on one
 * data folder would destroy it. A record left by a process that is gone is taken over.
 * @throws StateInUseError naming the owner.
 */
export async function takeOwnership(stateDir: string, what: string): Promise<() => Promise<void>> {
  const file = `${stateDir}/owner.json`;
  const draft = `${file}.${process.pid}.draft`;
  const self = identify(process.pid);
  await mkdir(stateDir, { recursive: true });
  await writeFile(draft, JSON.stringify(self), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      // A hard link fails where the name exists, so of two that start at once only one gets it.
      const taken = await link(draft, file).then(
        () => true,
        () => false,
      );
      const owner = taken ? self : await readIdentity(file);
      if (taken || (owner !== null && owner.pid === process.pid && isRunning(owner)))
        return () => giveBack(file, owner);
      if (owner !== null && isRunning(owner)) throw new StateInUseError(what, stateDir, owner.pid);
      await dropDead(file);
    }
    throw new Error(`${what}: could not take ${stateDir}.`);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Takes away the record of one that is gone, and of nobody who has taken the folder meanwhile. */
export async function dropDead(file: string): Promise<void> {
  const aside = `${file}.${process.pid}.dead`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  try {
    const owner = await readIdentity(aside);
    // Refused where a third one was quicker: whoever comes next finds that one's.
    if (owner !== null && isRunning(owner)) await link(aside, file).catch(() => undefined);
  } finally {
    await rm(aside, { force: true });
  }
}

/** What another has taken is that one's. */
async function giveBack(file: string, self: ProcessIdentity | null): Promise<void> {
  const owner = await readIdentity(file);
  const isOurs = owner === null || (owner.pid === self?.pid && owner.startedAt === self.startedAt);
  if (isOurs) await rm(file, { force: true });
}

export class StateInUseError extends Error {
  readonly ownerPid: number;

  constructor(what: string, stateDir: string, ownerPid: number) {
    super(`${what} in ${stateDir} is in use by process ${ownerPid}.`);
    this.ownerPid = ownerPid;
  }
}

import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * A process that can be recognised later. A pid alone is not enough: the system hands numbers out
 * again, and a launcher that trusts one would sooner or later kill a stranger.
 */
export type ProcessIdentity = { pid: number; startedAt: string };

/** Receives one line at a time, without a newline. */
export type Log = (line: string) => void;

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

/**
 * Field 22 of /proc/PID/stat is the start time in clock ticks since boot (proc_pid_stat(5)). The
 * command in field 2 is in parentheses and may itself hold spaces and parentheses, so the fields
 * are counted from the last closing one.
 */
export function parseStartTicks(procStat: string): string | null {
  const fields = procStat
    .slice(procStat.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/);
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  return fields[19] ?? null;
}

/** When the process with this pid started, in a form that is only compared; null when none runs. */
export function processStart(pid: number): string | null {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  if (existsSync('/proc/self/stat')) {
    try {
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      const ticks = parseStartTicks(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      return ticks === null ? null : `${boot}/${ticks}`;
    } catch {
      return null;
    }
  }
  try {
    const line = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return line === '' ? null : line;
  } catch {
    return null;
  }
}

export function identify(pid: number): ProcessIdentity | null {
  const startedAt = processStart(pid);
  return startedAt === null ? null : { pid, startedAt };
}

/** True only for the very process that was recorded, not for another that got its pid. */
export function isRunning(identity: ProcessIdentity): boolean {
  return processStart(identity.pid) === identity.startedAt;
}

/** Parses a recorded identity; anything else than one is null, since a torn file is no reason to kill. */
export function parseIdentity(text: string): ProcessIdentity | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { pid, startedAt } = value as Record<string, unknown>;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null;
    return typeof startedAt === 'string' && startedAt !== '' ? { pid, startedAt } : null;
  } catch {
    return null;
  }
}

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
  const out = openSync(logFile, 'a', 0o600);
  const child = spawn(command, [...args], {
    ...spawnOptions,
    detached: true,
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  let gone = false;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, exitSignal) => {
      gone = true;
      resolve({ code, signal: exitSignal });
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const pid = child.pid ?? 0;
  const identity = identify(pid) ?? { pid, startedAt: 'gone' };
  if (identityFile !== undefined) await writeFileAtomically(identityFile, JSON.stringify(identity));
  return { identity, child, exited, hasExited: () => gone };
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

/** True when nothing listens on this loopback port now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The wanted port, or the next free one above it. Throws when a hundred in a row are taken. */
export async function freePort(wanted: number, not: readonly number[] = []): Promise<number> {
  for (let port = wanted; port < Math.min(wanted + 100, 65_536); port += 1) {
    if (!not.includes(port) && (await isPortFree(port))) return port;
  }
  throw new Error(`No free port from ${wanted} to ${wanted + 99} on 127.0.0.1.`);
}

/**
 * Takes a state folder for this process. Fails when a living process holds it: two servers on one
 * data folder would destroy it. A record left by a process that is gone is taken over.
 */
export async function takeOwnership(stateDir: string, what: string): Promise<() => Promise<void>> {
  const file = `${stateDir}/owner.json`;
  const owner = await readIdentity(file);
  if (owner !== null && owner.pid !== process.pid && isRunning(owner)) {
    throw new StateInUseError(`${what} in ${stateDir} is in use by process ${owner.pid}.`);
  }
  const self = identify(process.pid);
  if (self !== null) await writeFileAtomically(file, JSON.stringify(self));
  return () => rm(file, { force: true });
}

export class StateInUseError extends Error {}

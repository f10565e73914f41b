import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/**
 * A process that can be recognised later. A pid alone is not enough: the system hands numbers out
 * again, and a launcher that trusts one would sooner or later kill a stranger.
 */
export type ProcessIdentity = { pid: number; startedAt: string };

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

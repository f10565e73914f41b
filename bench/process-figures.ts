import { readFileSync } from 'node:fs';

/** Clock ticks a second, in which /proc counts: 100 on every Linux that Node runs on (sysconf(3), _SC_CLK_TCK). */
const ticksPerSecond = 100;

/**
 * Most memory that a process has ever had resident, in MiB: VmHWM of proc_pid_status(5). Null where the system
 * has no /proc.
 */
export function peakMemoryMb(pid: number): number | null {
  return megabytes(pid, 'VmHWM');
}

/** What it has resident now: VmRSS. */
export function residentMb(pid: number): number | null {
  return megabytes(pid, 'VmRSS');
}

function megabytes(pid: number, name: string): number | null {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(read(`/proc/${pid}/status`))?.[1];
  return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1024);
}

/**
 * Processor time that a process has used so far, all its threads together: utime and stime of proc_pid_stat(5).
 * Beside the time on the wall it tells how much of that was waiting for a busy machine. Null without /proc.
 */
export function processorMs(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === '') return null;
  // The name before it is in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

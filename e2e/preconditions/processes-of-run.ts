import { readdirSync, readFileSync } from 'node:fs';
import { recordedProcesses } from '../../cli/start/instance.ts';
import { identify, isRunning, type ProcessIdentity } from '../../demo/infra/process-identity.ts';

/** Everything that runs for a state folder: what is on record there, and where there is a /proc all that it has started. */
export async function processesOfRun(stateDir: string): Promise<readonly ProcessIdentity[]> {
  const recorded = (await recordedProcesses(stateDir)).filter(isRunning);
  const pids = new Set(recorded.map(({ pid }) => pid));
  const beneath = pidsBeneath(pids, parents()).filter((pid) => !pids.has(pid));
  return [...recorded, ...beneath.flatMap((pid) => identify(pid) ?? [])];
}

/** Those that still run, each with its command line, so that a person knows what was left. */
export function leftOf(processes: readonly ProcessIdentity[]): readonly string[] {
  return processes.filter(isRunning).map(({ pid }) => `${pid} (${commandOf(pid)})`);
}

/** These pids, and those of all who descend from them. */
function pidsBeneath(roots: ReadonlySet<number>, parentOf: ReadonlyMap<number, number>): readonly number[] {
  const found = new Set(roots);
  for (let size = 0; size < found.size; ) {
    size = found.size;
    for (const [pid, parent] of parentOf) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** The parent of every process of this machine; of none where there is no /proc. */
function parents(): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const name of namesIn('/proc')) {
    // Field 4 of proc_pid_stat(5), counted from the command's closing parenthesis.
    const stat = textOf(`/proc/${name}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 1).split(/\s+/)[2]);
    if (/^\d+$/.test(name) && parent > 0) found.set(Number(name), parent);
  }
  return found;
}

function commandOf(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 200) || 'command not known';
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty where the process has ended meanwhile. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

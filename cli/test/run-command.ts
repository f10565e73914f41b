import { type ChildProcess, spawn } from 'node:child_process';
import { stopEverythingStarted, waitUntil } from '../../demo/infra/processes.ts';

export type CommandResult = { code: number | null; output: string; isOverdue: boolean };

const STREAMS_END_MS = 5_000;

const running = new Set<ChildProcess>();

let isEnding = false;

/** Ends what still runs, since the run itself is being ended, and refuses what would start after it. */
export async function endCommands(signal: NodeJS.Signals): Promise<void> {
  isEnding = true;
  for (const child of running) child.kill(signal);
  // The build runs in a group of its own, which no signal of a terminal reaches.
  await Promise.all([waitUntil(() => running.size === 0, 30_000), stopEverythingStarted(5_000)]);
  for (const child of running) child.kill('SIGKILL');
}

/**
 * Runs a command of ours to its end and collects what it says; `isLoud` prints it as it comes. One
 * that takes longer than its bound is ended: a hanging test must not hang the run.
 */
export async function runCommand(
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; boundMs: number; isLoud: boolean },
): Promise<CommandResult> {
  const { cwd, env, boundMs, isLoud } = options;
  if (isEnding) return { code: null, output: '', isOverdue: false };
  const child = spawn(process.execPath, [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let output = '';
  let isOverdue = false;
  const hear = (chunk: Buffer) => {
    output += chunk.toString();
    if (isLoud) process.stdout.write(chunk);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const bound = setTimeout(() => {
    isOverdue = true;
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 20_000).unref();
  }, boundMs);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve(1);
    });
    // The end of what it said comes after its own; but one that it has left behind may keep the streams for ever.
    child.once('close', (exitCode) => resolve(exitCode));
    child.once('exit', (exitCode) => setTimeout(() => resolve(exitCode), STREAMS_END_MS).unref());
  });
  clearTimeout(bound);
  child.stdout.destroy();
  child.stderr.destroy();
  running.delete(child);
  return { code: isOverdue ? null : code, output, isOverdue };
}

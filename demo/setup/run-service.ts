import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastLines, startProcess } from '../infra/processes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** kafkajs 2.2.4 computes a negative time-out now and then, and Node 24 warns of it; nothing comes of it. */
export const serviceEnv = { NODE_OPTIONS: '--disable-warning=TimeoutNegativeWarning' };

/**
 * Runs one of the demo's services to its end.
 * @throws Error with the last lines of its log when it fails or takes longer than it may.
 */
export async function runToEnd(options: {
  stateDir: string;
  file: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  withinMs: number;
}): Promise<void> {
  const { stateDir, file, args, env, withinMs } = options;
  const name = file.replace(/^.*\//, '').replace(/\.ts$/, '');
  const logFile = join(stateDir, 'logs', `demo-setup-${name}.log`);
  // Several of one name run at once. A launcher that is killed leaves its record to the next one, which ends it.
  const identityFile = join(stateDir, 'children', `demo-setup-${name}-${randomUUID()}.json`);
  const started = await startProcess(process.execPath, [join(root, file), ...args], {
    cwd: root,
    env: { ...process.env, ...serviceEnv, ...env },
    logFile,
    identityFile,
  });
  const timer = setTimeout(() => started.child.kill('SIGKILL'), withinMs);
  const { code, signal } = await started.exited;
  clearTimeout(timer);
  await rm(identityFile, { force: true });
  if (code === 0) return;
  const how =
    signal === 'SIGKILL' ? `did not end within ${withinMs / 1_000} s` : `ended with ${code ?? signal}`;
  throw new Error(
    [`${file} ${args.join(' ')} ${how}. ${logFile} ends:`, ...(await lastLines(logFile, 8))].join('\n'),
  );
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isRunning } from '../../demo/infra/process-identity.ts';
import { startProcess } from '../../demo/infra/processes.ts';
import { endCommands, runCommand } from './run-command.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reprise-run-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = (code: string) =>
  runCommand(['-e', code], { cwd: folder, env: process.env, boundMs: 20_000, isLoud: false });

it('the end of a run ends what it started in a group of its own too', async () => {
  const args = ['-e', 'setInterval(() => undefined, 1000)'];
  const build = await startProcess(process.execPath, args, { logFile: join(folder, 'build.log') });
  await endCommands('SIGTERM');
  expect(isRunning(build.identity)).toBe(false);
  expect(await run('console.log(1)')).toEqual({ code: null, output: '', isOverdue: false });
});

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

/** Its own child has its streams, says something after it has ended itself, and lives on for so long. */
const withLateChild = (livesMs: number) => `
  const late = "setTimeout(() => console.log('late'), 300); setTimeout(() => undefined, ${livesMs})";
  const options = { stdio: 'inherit', detached: true };
  require('node:child_process').spawn(process.execPath, ['-e', late], options).unref();`;

it('what a command says is heard to its end', async () => {
  expect(await run(withLateChild(0))).toEqual({ code: 0, output: 'late\n', isOverdue: false });
});

it('a run does not wait for what a command has left behind with its streams', async () => {
  const startedAt = performance.now();
  expect(await run(withLateChild(20_000))).toMatchObject({ code: 0, output: 'late\n' });
  expect(performance.now() - startedAt).toBeLessThan(15_000);
});

it('the end of a run ends what it started in a group of its own too', async () => {
  const args = ['-e', 'setInterval(() => undefined, 1000)'];
  const build = await startProcess(process.execPath, args, { logFile: join(folder, 'build.log') });
  await endCommands('SIGTERM');
  expect(isRunning(build.identity)).toBe(false);
  expect(await run('console.log(1)')).toEqual({ code: null, output: '', isOverdue: false });
});

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { childFile } from '../../cli/start/instance.ts';
import { identify } from '../../demo/infra/process-identity.ts';
import { startProcess, stopProcess, waitUntil, writeFileAtomically } from '../../demo/infra/processes.ts';
import { leftOf, processesOfRun } from './processes-of-run.ts';

const sleeper = 'setInterval(() => undefined, 1000)';
/** Starts another in a group of its own, whose pid is written down nowhere but in its log. */
const parent = `console.log(require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(sleeper)}],
  { detached: true, stdio: 'ignore' }).pid); ${sleeper}`;

it('what a run has started is known, on record or not, and another that got a recorded pid is not of it', async ({
  onTestFinished,
}) => {
  const stateDir = await mkdtemp(join(tmpdir(), 'reprise-run-'));
  onTestFinished(() => rm(stateDir, { recursive: true, force: true }));
  const logFile = join(stateDir, 'it.log');
  const start = async (code: string, identityFile: string) => {
    const started = await startProcess(process.execPath, ['-e', code], { logFile, identityFile });
    onTestFinished(async () => void (await stopProcess(started.identity, 1_000)));
    return started;
  };
  const web = await start(parent, childFile(stateDir, 'web'));
  const stranger = await start(sleeper, childFile(stateDir, 'worker'));
  const recycled = { ...stranger.identity, startedAt: 'another time' };
  await writeFileAtomically(childFile(stateDir, 'worker'), JSON.stringify(recycled));
  await waitUntil(async () => (await readFile(logFile, 'utf8')).includes('\n'), 10_000);
  const child = Number(await readFile(logFile, 'utf8'));
  const started = identify(child);
  onTestFinished(async () => void (started && (await stopProcess(started, 1_000))));

  const all = await processesOfRun(stateDir);
  const expected = existsSync('/proc') ? [web.identity.pid, child] : [web.identity.pid];
  expect(all.map(({ pid }) => pid)).toEqual(expected);
  expect(leftOf([recycled])).toEqual([]);

  process.kill(web.identity.pid, 'SIGKILL');
  await web.exited;
  if (existsSync('/proc')) {
    expect(leftOf(all)).toEqual([expect.stringMatching(new RegExp(`^${child} \\(.*setInterval`))]);
    for (const each of all) await stopProcess(each, 1_000);
  }
  expect(leftOf(all)).toEqual([]);
});

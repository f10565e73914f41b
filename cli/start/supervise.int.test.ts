import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identify, isRunning } from '../../demo/infra/process-identity.ts';
import {
  StateInUseError,
  startProcess,
  stopProcess,
  takeOwnership,
  waitUntil,
  writeFileAtomically,
} from '../../demo/infra/processes.ts';
import { superviseChild } from './children.ts';
import { childFile, claimInstance, recordedProcesses, stopLeftovers } from './instance.ts';
import { backOffMs } from './supervise.ts';

let stateDir = '';
const said: string[] = [];
const log = (line: string) => void said.push(line);

beforeEach(async () => {
  said.length = 0;
  stateDir = await mkdtemp(join(tmpdir(), 'reprise-supervise-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

const sleeper = ['-e', 'setInterval(() => undefined, 1000)'];
const deaf = [
  '-e',
  "process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000); console.log('up')",
];

function startChild(name: string, args: readonly string[]) {
  const context = { root: process.cwd(), stateDir, logsDir: join(stateDir, 'logs'), log };
  return superviseChild({ name, args, env: process.env, graceMs: 500 }, context);
}

test('a child that is killed is said to have ended and is started again', async () => {
  const child = await startChild('worker', sleeper);
  const first = child.pid() ?? 0;
  process.kill(first, 'SIGKILL');
  expect(await waitUntil(() => ![first, null].includes(child.pid()), 10_000)).toBe(true);
  const second = child.pid() ?? 0;
  expect(said.join('\n')).toContain('worker ended by SIGKILL');
  expect(said.join('\n')).toContain(`worker runs again (pid ${second})`);
  await child.stop();
  expect(identify(second)).toBeNull();
});

test('a stopped child is not started again', async () => {
  const child = await startChild('worker', sleeper);
  const pid = child.pid() ?? 0;
  await child.stop();
  expect(identify(pid)).toBeNull();
  expect(said).toEqual([]);
});

test('a child that is held stays down until it is released, and is a new process then', async () => {
  const child = await startChild('worker', sleeper);
  const first = child.pid() ?? 0;
  await child.hold();
  expect(identify(first)).toBeNull();
  expect(await waitUntil(() => said.includes('worker is stopped'), 5_000)).toBe(true);
  expect([child.isHeld(), child.pid(), child.crashes()]).toEqual([true, null, 0]);
  // Longer than the first back-off: nothing starts it again.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(child.pid()).toBeNull();
  await child.release();
  const second = child.pid() ?? 0;
  expect(second).not.toBe(first);
  expect(identify(second)).not.toBeNull();
  await child.hold();
  await child.stop();
  expect(identify(second)).toBeNull();
});

test('a child that will not listen is killed when its time is up', async () => {
  const child = await startChild('deaf', deaf);
  const pid = child.pid() ?? 0;
  const logFile = join(stateDir, 'logs', 'deaf.log');
  await waitUntil(async () => (await readFile(logFile, 'utf8')).includes('up'), 10_000);
  await child.stop();
  expect(identify(pid)).toBeNull();
});

test('what a killed launcher left is stopped by the next one', async () => {
  const orphan = await startProcess(process.execPath, sleeper, {
    logFile: join(stateDir, 'orphan.log'),
    identityFile: childFile(stateDir, 'worker'),
  });
  expect(await recordedProcesses(stateDir)).toEqual([orphan.identity]);
  expect(await stopLeftovers(stateDir, log)).toBe(1);
  expect(await recordedProcesses(stateDir)).toEqual([]);
  expect(isRunning(orphan.identity)).toBe(false);
  expect(await stopLeftovers(stateDir, log)).toBe(0);
});

test('a stranger that got a recorded pid is left alone', async () => {
  const stranger = await startProcess(process.execPath, sleeper, { logFile: join(stateDir, 'stranger.log') });
  const recorded = { ...stranger.identity, startedAt: 'another time' };
  await writeFileAtomically(childFile(stateDir, 'worker'), JSON.stringify(recorded));
  expect(await stopLeftovers(stateDir, log)).toBe(0);
  expect(isRunning(stranger.identity)).toBe(true);
  await stopProcess(stranger.identity, 1_000);
});

test('a second launcher learns who runs and where', async () => {
  const other = await startProcess(process.execPath, sleeper, { logFile: join(stateDir, 'other.log') });
  await writeFileAtomically(join(stateDir, 'owner.json'), JSON.stringify(other.identity));
  await writeFile(join(stateDir, 'address'), 'http://127.0.0.1:3000');
  expect(await claimInstance(stateDir)).toEqual({
    kind: 'running',
    pid: other.identity.pid,
    address: 'http://127.0.0.1:3000',
  });
  await expect(takeOwnership(stateDir, 'It')).rejects.toThrow(StateInUseError);
  await stopProcess(other.identity, 1_000);
  expect((await claimInstance(stateDir)).kind).toBe('ours');
});

test('the back-off doubles and is bounded', () => {
  expect([1, 2, 3, 4, 5, 6, 20].map(backOffMs)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

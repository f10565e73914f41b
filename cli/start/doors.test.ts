import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { freePort } from '../../demo/infra/ports.ts';
import type { LaunchContext } from './context.ts';
import { openDoors } from './doors.ts';
import { makeSteps } from './steps.ts';

/** Stands in for Next: listens where it is told to, a while after its start as Next does, and says who it is. */
const next = `
const [, , , , host, , port] = process.argv;
const headers = { 'reprise-instance': process.env.REPRISE_INSTANCE };
const server = require('node:http').createServer((request, response) => {
  response.writeHead(200, headers).end(JSON.stringify({ status: process.env.STATUS ?? 'up', dependencies: [] }));
});
setTimeout(() => server.listen(Number(port), host), Number(process.env.LISTENS_AFTER_MS ?? 300));
`;
let root = '';
let starts: { context: LaunchContext; said: () => string }[] = [];

beforeEach(async () => {
  starts = [];
  root = await mkdtemp(join(tmpdir(), 'reprise-doors-'));
  await mkdir(join(root, 'node_modules/next/dist/bin'), { recursive: true });
  await writeFile(join(root, 'node_modules/next/dist/bin/next'), next);
  await writeFile(join(root, 'worker.mjs'), 'setInterval(() => undefined, 1000);');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  for (const { context } of starts) {
    for (const close of context.closing) await close();
    await Promise.all(context.running.map((child) => child.stop()));
  }
  await rm(root, { recursive: true, force: true });
});

function contextIn(name: string): LaunchContext {
  let said = '';
  const write = (line: string) => {
    said += line;
  };
  const stateDir = join(root, name);
  const context: LaunchContext = {
    root,
    stateDir,
    logsDir: join(stateDir, 'logs'),
    cacheDir: join(root, 'cache'),
    steps: makeSteps(write),
    log: write,
    running: [],
    closing: [],
  };
  starts.push({ context, said: () => said });
  return context;
}

const doors = async () => ({
  host: '127.0.0.1',
  port: await freePort(38_000 + Math.floor(Math.random() * 1_000)),
  origin: null,
  settings: { DATABASE_URL: 'postgresql://127.0.0.1/reprise' },
  workerFile: 'worker.mjs',
});

it('one whose port another took before it listened has its page elsewhere, and takes no other’s for its own', async () => {
  const wanted = await doors();
  const [slow, quick] = [contextIn('slow'), contextIn('quick')];
  const late = { ...wanted, settings: { ...wanted.settings, LISTENS_AFTER_MS: '2500' } };
  const opening = openDoors(slow, late);
  await vi.waitFor(() => expect(slow.running).toHaveLength(2), 10_000);
  const second = await openDoors(quick, wanted);
  const first = await opening;
  expect(second.address).toBe(`http://127.0.0.1:${wanted.port}`);
  expect(first.address).not.toBe(second.address);
  expect(slow.running.map(({ name }) => name).sort()).toEqual(['web', 'worker']);
  expect(await readFile(join(slow.stateDir, 'address'), 'utf8')).toBe(first.address);
});

it('one that answers and can’t do its work is not said to be open', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const context = contextIn('down');
  const wanted = await doors();
  const opening = openDoors(context, { ...wanted, settings: { ...wanted.settings, STATUS: 'down' } });
  await vi.waitFor(() => expect(context.running).toHaveLength(2), 10_000);
  await vi.waitFor(() => fetch(`http://127.0.0.1:${wanted.port}`), 10_000);
  vi.advanceTimersByTime(130_000);
  expect(await opening).toMatchObject({ isDown: true });
});

it('what web and worker run with is written down for their user alone', async () => {
  vi.stubEnv('SCHEMA_REGISTRY_URL', 'https://registry.example');
  vi.stubEnv('REPRISE_ARCHIVE_DIR', 'my-archives');
  const context = contextIn('one');
  await openDoors(context, await doors());
  const file = join(context.stateDir, 'settings.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
    DATABASE_URL: 'postgresql://127.0.0.1/reprise',
    SCHEMA_REGISTRY_URL: 'https://registry.example',
    REPRISE_ARCHIVE_DIR: join(root, 'my-archives'),
    REPRISE_STATE_DIR: context.stateDir,
  });
});

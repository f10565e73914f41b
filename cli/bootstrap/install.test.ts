import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { identify } from '../../demo/infra/process-identity.ts';
import { firstDifference } from './install.mjs';

const lock = (packages: Record<string, object>) => JSON.stringify({ packages });

test('the same versions need no installation', () => {
  const packages = { 'node_modules/a': { version: '1.0.0' } };
  expect(firstDifference(lock({ '': {}, ...packages }), lock(packages))).toBeNull();
});

test('a package of another platform may be missing', () => {
  expect(
    firstDifference(lock({ 'node_modules/a': { version: '1.0.0', optional: true } }), lock({})),
  ).toBeNull();
});

test('a missing package and another version are named', () => {
  const locked = lock({ 'node_modules/a': { version: '1.0.0' } });
  expect(firstDifference(locked, lock({}))).toBe('node_modules/a is not installed');
  const installed = lock({ 'node_modules/a': { version: '2.0.0' } });
  expect(firstDifference(locked, installed)).toBe('node_modules/a is 2.0.0, not 1.0.0');
});

describe('an installation', () => {
  let root = '';
  let running: ChildProcess[] = [];

  /** Stands in for npm: writes down what it was asked for, takes its time, and leaves what the lock file has. */
  const npm = `#!/bin/sh
if [ "$1" = --version ]; then
  # In the way of what the lock is written anew from.
  if [ -n "$LOCK_IS_STUCK" ]; then mkdir ".reprise/install/lock.$PPID.draft"; fi
  echo 11.0.0; exit 0
fi
echo "$@" >> asked
sleep \${SECONDS_IT_TAKES:-0.5}
mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json
`;
  const lockText = (version: string) => lock({ '': {}, 'node_modules/a': { version } });

  beforeEach(async () => {
    running = [];
    root = await mkdtemp(join(tmpdir(), 'reprise-install-'));
    await mkdir(join(root, 'bin'));
    await writeFile(join(root, 'bin', 'npm'), npm);
    await chmod(join(root, 'bin', 'npm'), 0o755);
    await writeFile(join(root, 'package-lock.json'), lockText('1.0.0'));
  });
  afterEach(async () => {
    for (const child of running) child.kill('SIGKILL');
    await rm(root, { recursive: true, force: true });
  });

  /** A command that goes on for `forMs` once everything is installed. */
  function run(options: { goesOn?: boolean; forMs?: number; env?: Record<string, string> } = {}) {
    const { goesOn = false, forMs = 0, env = {} } = options;
    const installer = pathToFileURL(join(import.meta.dirname, 'install.mjs')).href;
    const code = `import { ensureInstalled } from ${JSON.stringify(installer)};
      await ensureInstalled(process.cwd(), { command: 'it', goesOn: ${goesOn}, whenAlone: () => undefined });
      process.stdout.write('runs');
      await new Promise((resolve) => setTimeout(resolve, ${forMs}));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      cwd: root,
      env: { ...process.env, ...env, PATH: `${join(root, 'bin')}${delimiter}${process.env.PATH}` },
    });
    running.push(child);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const ended = once(child, 'exit').then(([exit]) => exit as number | null);
    return { child, ended, runs: once(child.stdout, 'data'), said: () => said };
  }
  const asked = async () => (await readFile(join(root, 'asked'), 'utf8').catch(() => '')).trim().split('\n');
  const untilAsked = () => expect.poll(asked, { timeout: 10_000 }).not.toEqual(['']);

  it('brings every kind of package, whatever is left out by default, and is made once', async () => {
    expect(await run({ env: { NODE_ENV: 'production' } }).ended).toBe(0);
    expect(await run({ env: { NODE_ENV: 'production' } }).ended).toBe(0);
    expect(await asked()).toEqual([expect.stringMatching(/^ci .*--include=dev/)]);
  });

  it('is made by one of those that start at once; the others wait for it', async () => {
    const starts = [run(), run(), run()];
    expect(await Promise.all(starts.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    expect(await asked()).toHaveLength(1);
  });

  it('waits for those that run from what is there: a start is refused, and what may go on goes on', async () => {
    const first = run({ forMs: 60_000 });
    await first.runs;
    await writeFile(join(root, 'package-lock.json'), lockText('2.0.0'));
    const second = run();
    expect(await second.ended).toBe(1);
    expect(second.said()).toMatch(/node_modules\/a is 1.0.0, not 2.0.0.*process \d+\. Stop them first/);
    const beside = run({ goesOn: true });
    expect(await beside.ended).toBe(0);
    expect(beside.said()).toContain(`process ${first.child.pid}`);
    expect(await asked()).toHaveLength(1);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(await run().ended).toBe(0);
    expect(await asked()).toHaveLength(2);
  });

  it('waits for a launcher that was started otherwise, which its state folder names', async () => {
    expect(await run().ended).toBe(0);
    await writeFile(join(root, 'package-lock.json'), lockText('2.0.0'));
    const stateDir = join(root, 'state');
    await mkdir(stateDir);
    await writeFile(join(stateDir, 'owner.json'), JSON.stringify(identify(process.pid)));
    const refused = run({ env: { REPRISE_STATE_DIR: 'state' } });
    expect(await refused.ended).toBe(1);
    expect(refused.said()).toContain(`npm start, process ${process.pid}`);
    await writeFile(join(stateDir, 'owner.json'), JSON.stringify({ pid: process.pid, startedAt: 'boot/1' }));
    expect(await run({ env: { REPRISE_STATE_DIR: 'state' } }).ended).toBe(0);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ends with all it has started on %s', async (signal) => {
    const cut = run({ env: { SECONDS_IT_TAKES: '60' } });
    await untilAsked();
    cut.child.kill(signal);
    expect(await cut.ended).toBeGreaterThan(128);
    expect(await run().ended).toBe(0);
    expect(await asked()).toHaveLength(2);
  });

  it('goes on where nobody reads any more what is said of it', async () => {
    const unheard = run();
    unheard.child.stderr.destroy();
    expect(await unheard.ended).toBe(0);
    expect(await asked()).toHaveLength(1);
    expect(existsSync(join(root, 'node_modules', '.package-lock.json'))).toBe(true);
  });

  it('leaves no npm behind where it ends by a fault of its own', async () => {
    const failed = run({ env: { LOCK_IS_STUCK: 'yes', SECONDS_IT_TAKES: '1' } });
    expect(await failed.ended).toBe(1);
    await wait(1_500);
    expect(existsSync(join(root, 'node_modules'))).toBe(false);
  });

  it('of a process that was killed is waited for as long as npm goes on, and taken over then', async () => {
    const killed = run({ env: { SECONDS_IT_TAKES: '2' } });
    await untilAsked();
    killed.child.kill('SIGKILL');
    const next = run();
    expect(await next.ended).toBe(0);
    expect(next.said()).toContain('Waiting for another process');
    expect(await asked()).toHaveLength(1);
  });

  it('is not held up by the lock of one that is gone', async () => {
    await mkdir(join(root, '.reprise', 'install'), { recursive: true });
    const gone = { command: 'it', processes: [{ pid: process.pid, startedAt: 'long ago' }] };
    await writeFile(join(root, '.reprise', 'install', 'lock'), JSON.stringify(gone));
    expect(await run().ended).toBe(0);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastingHome } from '../../demo/infra/postgres-home.ts';
import { signEverybodyIn } from './signed-in.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const stateDir = join(root, '.reprise', 'e2e');
const startWithinMs = 8 * 60_000;
const readyLine = /Reprise is ready: (\S+)/;

/** Starts everything as a newcomer would, from nothing, in a state folder of its own; ends it after the journeys. */
export default async function runReprise(): Promise<() => Promise<void>> {
  const { REPRISE_URL } = process.env;
  if (REPRISE_URL) {
    await signEverybodyIn(REPRISE_URL);
    return async () => undefined;
  }
  const child = spawn(process.execPath, ['cli/start.ts', '--fresh', '--port', '3300'], {
    cwd: root,
    env: { ...process.env, REPRISE_STATE_DIR: stateDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const ready = new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      const [, url] = readyLine.exec(said) ?? [];
      if (url) resolve(url);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', (code) =>
      reject(new Error(`npm start ended with ${code} before it was ready:\n${said}`)),
    );
    setTimeout(() => reject(new Error(`npm start was not ready in time:\n${said}`)), startWithinMs).unref();
  });
  try {
    process.env.REPRISE_URL = await ready;
    await signEverybodyIn(process.env.REPRISE_URL);
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  }
  return async () => {
    if (child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    // Where the data are outside the repository nobody else takes them away.
    await rm(lastingHome(join(stateDir, 'postgres')), { recursive: true, force: true });
  };
}

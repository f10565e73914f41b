import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stateFolder } from './traffic.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** `npm run demo -- …` of the running demo. Answers what it says. */
export async function demo(...args: readonly string[]): Promise<string> {
  const command = ['cli/demo.ts', '--state', stateFolder(), ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root });
  return stdout;
}

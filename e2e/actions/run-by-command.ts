import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stateFolder } from './traffic.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const withinMs = 90_000;

/**
 * `reprise replays run --json` against the running Reprise, as in a terminal beside it: by the settings that it runs
 * with, and for whom its token acts. Answers what it prints and its exit code, which is 2 where something differs.
 */
export function runByCommand(contract: string): Promise<{ stdout: string; stderr: string; code: unknown }> {
  const command = ['cli/reprise.ts', 'replays', 'run', '--contract', contract, '--json'];
  // With a database of its own in the environment it would ask that one, and nothing that runs here.
  const env = { ...process.env, DATABASE_URL: '', DATABASE_URL_FILE: '', REPRISE_STATE_DIR: stateFolder() };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      command,
      { cwd: root, env, timeout: withinMs, maxBuffer: 64 << 20 },
      (error, stdout, stderr) => resolve({ stdout, stderr, code: error === null ? 0 : error.code }),
    );
  });
}

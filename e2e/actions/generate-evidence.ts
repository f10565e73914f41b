import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Puts so many generated records beside what the running system has recorded. They stay there. */
export async function generateEvidence(records: number, seed: number): Promise<void> {
  const state = process.env.REPRISE_STATE_DIR ?? join(root, '.reprise', 'e2e');
  const { DATABASE_URL } = JSON.parse(await readFile(join(state, 'settings.json'), 'utf8'));
  await promisify(execFile)(
    process.execPath,
    [
      'bench/seed-evidence.ts',
      '--records',
      String(records),
      '--days',
      '90',
      '--seed',
      String(seed),
      '--beside-real',
    ],
    { cwd: root, env: { ...process.env, DATABASE_URL } },
  );
}

import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** `reprise evidence verify`, with keys as anybody gets them and no database. Answers what it says; it throws where not all holds. */
export async function verifyBundle(file: string): Promise<string> {
  const { REPRISE_URL } = process.env;
  if (!REPRISE_URL) throw new Error('no running Reprise: the global set-up starts one');
  const { keys } = await (await fetch(new URL('/.well-known/reprise/evidence-keys', REPRISE_URL))).json();
  const named = keys.flatMap(({ verifierKey }: { verifierKey: string }) => ['--key', verifierKey]);
  const command = ['cli/reprise.ts', 'evidence', 'verify', file, ...named];
  const env = { ...process.env, DATABASE_URL: '' };
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root, env });
  return stdout;
}

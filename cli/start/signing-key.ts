import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../demo/infra/processes.ts';
import type { LaunchContext } from './context.ts';

/**
 * The key that evidence is signed with: the user's own, or one that is made once for this installation and readable by
 * its user alone. A fleet is given its key, since every process has to sign with the same.
 */
export async function signingKey({ stateDir, steps }: LaunchContext): Promise<Record<string, string>> {
  const own = ['REPRISE_SIGNING_KEY', 'REPRISE_SIGNING_KEY_FILE', 'REPRISE_SIGNING_COMMAND'];
  if (own.some((name) => process.env[name])) return {};
  const file = join(stateDir, 'signing-key.pem');
  return steps.step('Signing key', async () => {
    const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      // One that is there and can't be read is not replaced: what it signed would stand alone.
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (kept === null) {
      const { privateKey } = generateKeyPairSync('ed25519');
      await writeFileAtomically(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    }
    return {
      detail: kept === null ? `made, in ${file}` : 'there',
      value: { REPRISE_SIGNING_KEY_FILE: file },
    };
  });
}

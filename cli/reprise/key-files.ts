import { readFile } from 'node:fs/promises';
import { asyncSha256 } from '../../server/adapters/evidence-log/node-keys.ts';
import { parsePublicKeyPem } from '../../server/domain/attestation/index.ts';
import { parseVerifierKey } from '../../server/domain/log/index.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';

type LogKey = { readonly publicKey: Uint8Array; readonly origin: string | null };

/** A key in a file (PEM, or the verifier key of a log), or a verifier key as it is. */
export async function readKey(given: string): Promise<LogKey> {
  const text = (given.includes('+') ? given : await textOf(given)).trim();
  if (text.includes('-----BEGIN')) {
    const pem = parsePublicKeyPem(text);
    if (pem.ok) return { publicKey: pem.value, origin: null };
    throw new RepriseError('input-invalid', pem.sentence, { where: `--key ${given}` });
  }
  const key = await parseVerifierKey(text, asyncSha256);
  if (!key.ok) throw new RepriseError('input-invalid', key.sentence, { where: `--key ${given}` });
  return { publicKey: key.value.publicKey, origin: key.value.name };
}

export async function readWitness(given: string) {
  const text = (given.includes('+') ? given : await textOf(given)).trim();
  const key = await parseVerifierKey(text, asyncSha256);
  if (!key.ok) throw new RepriseError('input-invalid', key.sentence, { where: `--witness ${given}` });
  return { name: key.value.name, publicKey: key.value.publicKey };
}

export const textOf = async (file: string): Promise<string> => (await bytesOf(file)).toString('utf8');

export const bytesOf = (file: string): Promise<Buffer> =>
  readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new RepriseError('input-invalid', `${file} can't be read (${error.code ?? error.message}).`, {
      where: file,
    });
  });

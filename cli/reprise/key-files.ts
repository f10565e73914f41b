import { createReadStream } from 'node:fs';
import { asyncSha256 } from '../../server/adapters/evidence-log/node-keys.ts';
import { parsePublicKeyPem } from '../../server/domain/attestation/index.ts';
import { parseVerifierKey } from '../../server/domain/log/index.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';

type LogKey = { readonly publicKey: Uint8Array; readonly origin: string | null };

/** As a log or a witness hands it out: its name, and eight hexadecimal digits. A path may have a plus in it, too. */
const verifierKeys = /^\s*[^+\s]+\+[0-9a-f]{8}\+/;

/** A key in a file (PEM, or the verifier key of a log), or a verifier key as it is. */
export async function readKey(given: string): Promise<LogKey> {
  const text = (verifierKeys.test(given) ? given : await textOf(given)).trim();
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
  const text = (verifierKeys.test(given) ? given : await textOf(given)).trim();
  const key = await parseVerifierKey(text, asyncSha256);
  if (!key.ok) throw new RepriseError('input-invalid', key.sentence, { where: `--witness ${given}` });
  return { name: key.value.name, publicKey: key.value.publicKey };
}

export const textOf = async (file: string): Promise<string> => (await bytesOf(file)).toString('utf8');

/** No more than `atMost` bytes of a file: whoever wrote it may have made it longer than there is memory. */
export async function bytesOf(file: string, atMost = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(file)) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= atMost) break;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new RepriseError('input-invalid', `${file} can't be read (${code ?? message}).`, { where: file });
  }
  const read = Buffer.concat(chunks);
  return read.subarray(0, Math.min(read.length, atMost));
}

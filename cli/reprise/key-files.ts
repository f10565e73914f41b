import { createReadStream } from 'node:fs';
import { asyncSha256 } from '../../server/adapters/evidence-log/node-keys.ts';
import { parsePublicKeyPem } from '../../server/domain/attestation/index.ts';
import { parseNote, parseVerifierKey } from '../../server/domain/log/index.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { inOneLine } from './print.ts';

type LogKey = { readonly publicKey: Uint8Array; readonly origin: string | null };

/** As a log or a witness hands it out: its name, and eight hexadecimal digits. A path may have a plus in it, too. */
const verifierKeys = /^\s*[^+\s]+\+[0-9a-f]{8}\+/;

const forms = 'PEM ("-----BEGIN PUBLIC KEY-----", as openssl pkey -pubout writes it)';
const verifierForm = 'a verifier key (<name>+<eight hexadecimal digits>+<base64>)';

/** A key in a file (PEM, or the verifier key of a log), or a verifier key as it is. */
export async function readKey(given: string): Promise<LogKey> {
  const { text, from } = await keyText(given);
  if (text.startsWith('-----BEGIN PUBLIC KEY-----')) {
    const pem = parsePublicKeyPem(text);
    if (pem.ok) return { publicKey: pem.value, origin: null };
    throw noKey('--key', given, `${from}: ${pem.sentence}`);
  }
  const key = await parseVerifierKey(text, asyncSha256);
  if (key.ok) return { publicKey: key.value.publicKey, origin: key.value.name };
  if (verifierKeys.test(text)) throw noKey('--key', given, `${from}: ${key.sentence}`);
  throw noKey(
    '--key',
    given,
    `${from} is no public key, but ${whatIs(text)}. Give ${forms} or ${verifierForm}.`,
  );
}

export async function readWitness(given: string) {
  const { text, from } = await keyText(given);
  const key = await parseVerifierKey(text, asyncSha256);
  if (key.ok) return { name: key.value.name, publicKey: key.value.publicKey };
  if (verifierKeys.test(text)) throw noKey('--witness', given, `${from}: ${key.sentence}`);
  throw noKey(
    '--witness',
    given,
    `${from} is no key of a witness, but ${whatIs(text)}. Give ${verifierForm}, as reprise witness key prints it.`,
  );
}

async function keyText(given: string): Promise<{ readonly text: string; readonly from: string }> {
  const from = inOneLine(given);
  return verifierKeys.test(given)
    ? { text: given.trim(), from }
    : { text: (await textOf(given)).trim(), from };
}

const noKey = (flag: string, given: string, sentence: string) =>
  new RepriseError('input-invalid', sentence, { where: `${flag} ${given}` });

/** What a file seems to be, for whoever gave the wrong one. Nothing of a private key is said. */
function whatIs(text: string): string {
  if (text === '') return 'empty';
  const [, label] = /^-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(text) ?? [];
  if (label?.endsWith('PRIVATE KEY')) return 'a private key: keep it to yourself, and give its public one';
  if (label !== undefined) return `PEM of another kind (${label})`;
  if (text.startsWith('PRIVATE+KEY+'))
    return 'the private key of a witness: keep it to yourself, and give its public one';
  if (/^(ssh|ecdsa)-/.test(text)) return 'a key of SSH';
  if (parseNote(`${text}\n`).ok) return 'a signed note, such as a checkpoint';
  if (/^[[{]/.test(text)) return 'JSON, such as a bundle';
  return /[\0\ufffd]/.test(text)
    ? 'not text (a key in DER becomes PEM by openssl pkey -pubin -inform DER)'
    : 'other text';
}

/** Keys, notes and checkpoints are some hundred bytes; one that many have cosigned some thousand. */
export const textMaxBytes = 64 * 1024;

/** A short text in a file. */
export async function textOf(file: string): Promise<string> {
  const bytes = await bytesOf(file, textMaxBytes + 1);
  if (bytes.length <= textMaxBytes) return bytes.toString('utf8');
  throw new RepriseError(
    'input-invalid',
    `${file} has more than ${textMaxBytes} bytes: neither a key nor a checkpoint is so long.`,
    { where: file },
  );
}

/** No more than `atMost` bytes of a file: whoever wrote it may have made it longer than there is memory. */
export async function bytesOf(file: string, atMost: number): Promise<Buffer> {
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

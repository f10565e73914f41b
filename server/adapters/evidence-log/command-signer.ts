import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { Signer } from '../../application/ports/evidence-log.ts';
import { publicKeyPem } from '../../domain/attestation/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { verifyEd25519 } from './node-keys.ts';

/** A key service that takes longer is taken for one that does not answer. */
const patienceMs = 15_000;
/** Base64 of 64 bytes is 88 letters: whatever prints more prints something else. */
const mostBytes = 4_096;
/** What Reprise is given in secret is for no other program. */
const isOurs = (name: string): boolean => /^(REPRISE_|DATABASE_URL|KAFKA_)/.test(name);

const failed = (why: string, lasting: boolean) =>
  new RepriseError(
    'signing-failed',
    `Evidence could not be signed: the program of REPRISE_SIGNING_COMMAND ${why}. Nothing was recorded.`,
    { where: 'REPRISE_SIGNING_COMMAND', lasting },
  );

/**
 * A key that a program signs with, so that it can stay in a key management service or a smart card. The program gets
 * the message on its standard input and prints the 64 bytes of its Ed25519 signature, as they are or in base64. Each
 * signature is verified before it is used.
 */
export function commandSigner(command: string, publicKey: Uint8Array): Signer {
  const pem = publicKeyPem(publicKey);
  const spki = Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
  return {
    publicKey,
    keyId: createHash('sha256').update(spki).digest('hex'),
    async sign(message) {
      const signature = readSignature(await run(command, message));
      if (signature !== null && (await verifyEd25519(publicKey, message, signature))) return signature;
      throw failed(
        signature === null
          ? 'printed no signature: 64 bytes, as they are or in base64, are asked for'
          : 'printed a signature that REPRISE_SIGNING_PUBLIC_KEY has not made',
        true,
      );
    },
  };
}

function readSignature(printed: Buffer): Uint8Array | null {
  if (printed.length === 64) return printed;
  const text = printed.toString('latin1').trim();
  return /^[A-Za-z0-9+/]{86}==$/.test(text) ? Buffer.from(text, 'base64') : null;
}

function run(command: string, message: Uint8Array): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (isOurs(name)) delete env[name];
  const options = { env, encoding: 'buffer', timeout: patienceMs, killSignal: 'SIGKILL' } as const;
  const bounded = { ...options, maxBuffer: mostBytes };
  const child = execFile('/bin/sh', ['-c', command], bounded, (error, stdout) => {
    if (error === null) resolve(stdout);
    // What it says on stderr may quote a secret; its exit code does not.
    else if (error.killed) reject(failed(`did not answer within ${patienceMs / 1000} s`, false));
    else if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
      reject(failed(`printed more than ${mostBytes} bytes`, true));
    else reject(failed(`ended with ${error.code ?? error.message}`, false));
  });
  // A program that ends without reading closes the pipe; what it ended with says why.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(message);
  return promise;
}

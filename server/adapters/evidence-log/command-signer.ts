import { type ChildProcess, spawn } from 'node:child_process';
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
const isOurs = (name: string): boolean =>
  /^(REPRISE_|DATABASE_URL|KAFKA_|CONSUMER_CONTROL_|OTEL_EXPORTER_|CONNECT_URL|SCHEMA_REGISTRY_)/.test(name);

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
export function commandSigner(command: string, publicKey: Uint8Array, waitMs: number = patienceMs): Signer {
  const pem = publicKeyPem(publicKey);
  const spki = Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
  return {
    publicKey,
    keyId: createHash('sha256').update(spki).digest('hex'),
    async sign(message) {
      const signature = readSignature(await run(command, message, waitMs));
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

/** In a group of its own, so that all that the shell has started ends with it: whatever hangs would pile up. */
function run(command: string, message: Uint8Array, waitMs: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (isOurs(name)) delete env[name];
  // What it says on stderr may quote a secret; its exit code does not.
  const child = spawn('/bin/sh', ['-c', command], { env, detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
  const end = (why: RepriseError) => {
    reject(why);
    endGroup(child);
  };
  const late = setTimeout(() => end(failed(`did not answer within ${waitMs / 1000} s`, false)), waitMs);
  const printed: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > mostBytes) end(failed(`printed more than ${mostBytes} bytes`, true));
    else printed.push(chunk);
  });
  child.on('error', (error: NodeJS.ErrnoException) =>
    end(failed(`could not be started (${error.code ?? error.message})`, false)),
  );
  child.on('close', (code, signal) => {
    clearTimeout(late);
    if (code === 0) resolve(Buffer.concat(printed));
    else reject(failed(`ended with ${code ?? signal}`, false));
  });
  // A program that ends without reading closes the pipe; what it ended with says why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(message);
  return promise;
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

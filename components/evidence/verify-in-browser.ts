import { parsePublicKeyPem } from '@/server/domain/attestation/index.ts';
import { parseVerifierKey } from '@/server/domain/log/index.ts';
import type { AsyncSha256, VerifyEd25519 } from '@/server/domain/shared/signatures.ts';
import { type PageReport, type Shown, verifyBundle, withShown } from '@/server/domain/verification/index.ts';

/** What the page shows of a record, by its id. */
export type ShownRecord = Shown & { readonly id: string };

/** Web Crypto takes bytes that nobody else can change under it. */
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

const sha256: AsyncSha256 = async (bytes) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', own(bytes)));

const verifyEd25519: VerifyEd25519 = async (publicKey, message, signature) => {
  const key = await crypto.subtle.importKey('raw', own(publicKey), 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', key, own(signature), own(message));
};

/** Why this browser can't verify; null where it can. Signatures by Ed25519 came to browsers in 2024 and 2025. */
async function whyNotHere(): Promise<string | null> {
  if (globalThis.crypto?.subtle === undefined)
    return 'Browsers verify on pages that came over https or from this machine only.';
  try {
    await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    return null;
  } catch {
    return 'This browser knows no Ed25519 signatures: a newer one does, and the command line.';
  }
}

type GivenKeys = {
  readonly origin: string | null;
  readonly keys: readonly { readonly verifierKey: string }[];
};

/**
 * Verifies a record's bundle with this browser's own cryptography, and that the page shows what it holds. `given` are
 * keys from elsewhere, PEM or verifier keys; empty: those that this server names, which prove only that the server
 * agrees with itself.
 */
export async function verifyInBrowser(shown: ShownRecord, given: string): Promise<PageReport> {
  const why = await whyNotHere();
  if (why !== null) throw new Error(why);
  const [bytes, named] = await Promise.all([
    ask(`/api/evidence/${shown.id}/bundle?verify=true`).then(
      async (answer) => new Uint8Array(await answer.arrayBuffer()),
    ),
    ask('/.well-known/reprise/evidence-keys').then((answer): Promise<GivenKeys> => answer.json()),
  ]);
  const texts = given.trim() === '' ? named.keys.map(({ verifierKey }) => verifierKey) : keysIn(given);
  if (texts.length === 0) throw new Error('This server names no key.');
  const keys = await Promise.all(texts.map((text) => readKey(text)));
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  const report = await verifyBundle({
    bytes,
    recordKeys: publicKeys,
    checkpointKeys: publicKeys,
    origin: keys.find(({ origin }) => origin !== null)?.origin ?? null,
    sha256,
    verifyEd25519,
  });
  return withShown(report, bytes, shown, sha256);
}

/** Several, one after the other: after a rotation a record and its checkpoint are signed by different ones. */
function keysIn(given: string): readonly string[] {
  const pems = given.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g) ?? [];
  const rest = given.replace(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g, '');
  return [...pems, ...rest.split(/\s+/).filter((each) => each !== '')];
}

async function readKey(text: string) {
  if (text.startsWith('-----BEGIN')) {
    const pem = parsePublicKeyPem(text);
    if (!pem.ok) throw new Error(pem.sentence);
    // PEM says no name, and this server's is none that anybody has given.
    return { origin: null, publicKey: pem.value };
  }
  const key = await parseVerifierKey(text, sha256);
  if (!key.ok) throw new Error(key.sentence);
  return { origin: key.value.name, publicKey: key.value.publicKey };
}

async function ask(address: string): Promise<Response> {
  const answer = await fetch(address);
  if (answer.ok) return answer;
  const { error }: { error?: string } = await answer.json().catch(() => ({}));
  throw new Error(error ?? `${address} was answered with ${answer.status}.`);
}

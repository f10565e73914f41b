import { createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto';
import { publicKeySpki } from '../attestation/index.ts';
import type { AsyncSha256, SignEd25519, VerifyEd25519 } from '../shared/signatures.ts';

/** The real SHA-256 and Ed25519, for tests: the domain takes them as arguments. */
export const sha256: AsyncSha256 = async (bytes) => {
  // Node makes a text of a digest several times as fast as a buffer.
  const digest = hash('sha256', bytes, 'binary');
  const made = new Uint8Array(digest.length);
  for (let at = 0; at < made.length; at += 1) made[at] = digest.charCodeAt(at);
  return made;
};

const imported = new Map<string, ReturnType<typeof createPublicKey>>();

export const verifyEd25519: VerifyEd25519 = async (publicKey, message, signature) => {
  const name = Buffer.from(publicKey).toString('hex');
  const key =
    imported.get(name) ??
    createPublicKey({ key: Buffer.from(publicKeySpki(publicKey)), format: 'der', type: 'spki' });
  imported.set(name, key);
  return verify(null, message, key, signature);
};

export type TestKey = { readonly publicKey: Uint8Array; readonly sign: SignEd25519 };

export function newKey(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)),
    sign: async (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Signer } from '../../application/ports/evidence-log.ts';
import { publicKeyPem } from '../../domain/attestation/index.ts';
import type { AsyncSha256, VerifyEd25519 } from '../../domain/shared/signatures.ts';

/** SHA-256 and Ed25519 by Node's own library, in the form that a browser's has too. */
export const asyncSha256: AsyncSha256 = async (bytes) => createHash('sha256').update(bytes).digest();

export const verifyEd25519: VerifyEd25519 = async (publicKey, message, signature) =>
  verify(null, message, createPublicKey(publicKeyPem(publicKey)), signature);

/** A key that this process holds. */
export function signerOf(key: KeyObject): Signer {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return {
    publicKey: spki.subarray(-32),
    keyId: createHash('sha256').update(spki).digest('hex'),
    sign: async (message) => sign(null, message, key),
  };
}

/** The PKCS #8 of an Ed25519 key is this and its seed (RFC 8410, section 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The private key with these 32 bytes. */
export const keyOfSeed = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });

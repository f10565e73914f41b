import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
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

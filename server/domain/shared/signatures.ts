/** SHA-256 as a browser and a server both have it. */
export type AsyncSha256 = (bytes: Uint8Array) => Promise<Uint8Array>;

/**
 * Whether `signature` is one of `message` by the key, as Ed25519 (RFC 8032) without a prehash. `publicKey` is 32 raw
 * bytes. It may throw or reject for what is no key or no signature; whoever calls it takes that for false.
 */
export type VerifyEd25519 = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => Promise<boolean>;

/** 64 bytes, as Ed25519 (RFC 8032) without a prehash. */
export type SignEd25519 = (message: Uint8Array) => Promise<Uint8Array>;

export const publicKeyBytes = 32;
export const signatureBytes = 64;

/** Whether it verifies. What has the wrong length is not even shown to the library, and what it throws is a no. */
export async function isSignedBy(
  verifyEd25519: VerifyEd25519,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (publicKey.length !== publicKeyBytes || signature.length !== signatureBytes) return false;
  try {
    return (await verifyEd25519(publicKey, message, signature)) === true;
  } catch {
    return false;
  }
}

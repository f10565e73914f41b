import { createPrivateKey, type KeyObject } from 'node:crypto';

/** Reads an Ed25519 private key in PEM (PKCS #8); a sentence where it is none. It never quotes what it was given. */
export function readSigningKey(pem: string): KeyObject | string {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return 'must be a private key in PEM, as from openssl genpkey -algorithm ed25519';
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  return `must be an Ed25519 key, as from openssl genpkey -algorithm ed25519, and is of the kind ${key.asymmetricKeyType}`;
}

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { parsePublicKeyPem } from './domain/attestation/index.ts';

/** What evidence is signed with: a key in this process, or a program that has it. */
export type SigningSettings =
  | { readonly kind: 'key'; readonly key: KeyObject }
  | { readonly kind: 'command'; readonly command: string; readonly publicKey: Uint8Array };

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

/** Reads an Ed25519 public key in PEM; a sentence where it is none. */
export function readPublicKey(pem: string): Uint8Array | string {
  const parsed = parsePublicKeyPem(pem);
  return parsed.ok ? parsed.value : `must be an Ed25519 public key in PEM: ${parsed.sentence}`;
}

/** One of the two ways, or none. What does not go together is added to `problems`. */
export function signingOf(
  given: {
    readonly key: KeyObject | null;
    readonly command: string | null;
    readonly publicKey: Uint8Array | null;
  },
  problems: string[],
): SigningSettings | null {
  const { key, command, publicKey } = given;
  if (key !== null && (command !== null || publicKey !== null))
    problems.push('REPRISE_SIGNING_KEY and REPRISE_SIGNING_COMMAND are two keys: keep one');
  else if ((command === null) !== (publicKey === null))
    problems.push(
      'REPRISE_SIGNING_COMMAND and REPRISE_SIGNING_PUBLIC_KEY (or REPRISE_SIGNING_PUBLIC_KEY_FILE) go together',
    );
  if (key !== null) return { kind: 'key', key };
  return command === null || publicKey === null ? null : { kind: 'command', command, publicKey };
}

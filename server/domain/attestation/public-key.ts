import { decodeBase64, encodeBase64 } from '../shared/base64.ts';
import { concatBytes, equalBytes, toHex } from '../shared/bytes.ts';
import { accepted, type Parsed, refused } from '../shared/parsed.ts';
import { type AsyncSha256, publicKeyBytes } from '../shared/signatures.ts';

/**
 * Every Ed25519 key as SubjectPublicKeyInfo in DER begins with these twelve bytes, and 32 of key follow (RFC 8410,
 * section 4): SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING of 33 bytes, with no unused bit }.
 */
const spkiPrefix = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

const begin = '-----BEGIN PUBLIC KEY-----';
const end = '-----END PUBLIC KEY-----';

export type PublicKeyCode = 'not-pem' | 'not-ed25519';

/** An Ed25519 key of 32 raw bytes as DER SubjectPublicKeyInfo, 44 bytes. Throws a RangeError for another length. */
export function publicKeySpki(key: Uint8Array): Uint8Array {
  if (key.length !== publicKeyBytes)
    throw new RangeError(`an Ed25519 public key has ${publicKeyBytes} bytes, not ${key.length}`);
  return concatBytes(spkiPrefix, key);
}

/** The same as PEM (RFC 7468), as `openssl pkey -pubin` reads and writes it. */
export function publicKeyPem(key: Uint8Array): string {
  return `${begin}\n${encodeBase64(publicKeySpki(key))}\n${end}\n`;
}

/** The 32 raw bytes of an Ed25519 key in PEM. White space around and between lines is let be: people paste keys. */
export function parsePublicKeyPem(text: string): Parsed<Uint8Array, PublicKeyCode> {
  const trimmed = text.trim();
  if (trimmed.length > 1_000 || !trimmed.startsWith(begin) || !trimmed.endsWith(end))
    return refused('not-pem', `A public key in PEM begins with ${begin} and ends with ${end}.`);
  const der = decodeBase64(trimmed.slice(begin.length, -end.length).replaceAll(/\s/g, ''));
  if (der === null) return refused('not-pem', 'What stands between the lines of the key is not base64.');
  if (
    der.length !== spkiPrefix.length + publicKeyBytes ||
    !equalBytes(der.subarray(0, spkiPrefix.length), spkiPrefix)
  )
    return refused('not-ed25519', 'The key is none of Ed25519 (RFC 8410); no other kind is taken.');
  return accepted(der.slice(spkiPrefix.length));
}

/** What a key is called in an envelope: SHA-256 of its SubjectPublicKeyInfo in DER, in lower-case hexadecimal. */
export async function keyId(key: Uint8Array, sha256: AsyncSha256): Promise<string> {
  return toHex(await sha256(publicKeySpki(key)));
}

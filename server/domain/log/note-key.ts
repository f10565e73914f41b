import { decodeBase64, encodeBase64 } from '../shared/base64.ts';
import { concatBytes, toHex, utf8 } from '../shared/bytes.ts';
import { accepted, type Parsed, refused } from '../shared/parsed.ts';
import { type AsyncSha256, publicKeyBytes } from '../shared/signatures.ts';
import { isKeyName } from './note.ts';

/** What a key signs: notes (C2SP signed-note), or checkpoints that it has seen (C2SP tlog-cosignature). */
export type NoteKeyKind = 'note' | 'cosignature';
const algorithmOf: Readonly<Record<NoteKeyKind, number>> = { note: 0x01, cosignature: 0x04 };

/** An Ed25519 key with the name that it signs under. */
export type NoteKey = {
  readonly kind: NoteKeyKind;
  readonly name: string;
  /** Four bytes, as eight lower-case hexadecimal digits: a hint which key it is, and no proof. */
  readonly keyId: string;
  /** 32 raw bytes. */
  readonly publicKey: Uint8Array;
};

/** The first four bytes of SHA-256(name ‖ 0x0A ‖ algorithm ‖ key). Throws a RangeError for what is no name or key. */
export async function noteKey(
  { kind, name, publicKey }: Omit<NoteKey, 'keyId'>,
  sha256: AsyncSha256,
): Promise<NoteKey> {
  if (!isKeyName(name)) throw new RangeError(`no name of a key: ${JSON.stringify(name)}`);
  if (publicKey.length !== publicKeyBytes)
    throw new RangeError(`an Ed25519 public key has ${publicKeyBytes} bytes, not ${publicKey.length}`);
  const digest = await sha256(concatBytes(utf8(`${name}\n`), Uint8Array.of(algorithmOf[kind]), publicKey));
  return { kind, name, keyId: toHex(digest.subarray(0, 4)), publicKey };
}

/** A key as other programs take it: `name+<key id>+<base64 of algorithm and key>` (signed-note, "Verifier keys"). */
export function verifierKeyText({ kind, name, keyId, publicKey }: NoteKey): string {
  return `${name}+${keyId}+${encodeBase64(concatBytes(Uint8Array.of(algorithmOf[kind]), publicKey))}`;
}

export type VerifierKeyCode = 'key-malformed' | 'key-kind-unknown' | 'key-id-wrong';

/** Reads a verifier key. Its id has to be the one that follows from its name and bytes. */
export async function parseVerifierKey(
  text: string,
  sha256: AsyncSha256,
): Promise<Parsed<NoteKey, VerifierKeyCode>> {
  // Base64 has plus signs too, a name has none.
  const [, name = '', keyId = '', base64 = ''] =
    /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
  const bytes = decodeBase64(base64);
  if (text.length > 1_000 || !isKeyName(name) || bytes === null || bytes.length === 0)
    return refused('key-malformed', 'A verifier key is <name>+<eight hexadecimal digits>+<base64>.');
  const kind = (['note', 'cosignature'] as const).find((each) => algorithmOf[each] === bytes[0]);
  if (kind === undefined || bytes.length !== 1 + publicKeyBytes)
    return refused('key-kind-unknown', 'The verifier key is none of Ed25519: that begins with 0x01 or 0x04.');
  const key = await noteKey({ kind, name, publicKey: bytes.slice(1) }, sha256);
  return key.keyId === keyId
    ? accepted(key)
    : refused('key-id-wrong', `The id of this verifier key is ${key.keyId}, and it says ${keyId}.`);
}

/** Before the private key of a note's signer, in the form that Go's `sumdb/note` writes and reads. */
const signerPrefix = 'PRIVATE+KEY+';
const seedBytes = 32;

/** A private key as other programs take it: `PRIVATE+KEY+name+<key id>+<base64 of algorithm and seed>`. Never log it. */
export function signerKeyText({ kind, name, keyId }: NoteKey, seed: Uint8Array): string {
  if (seed.length !== seedBytes) throw new RangeError(`the seed of an Ed25519 key has ${seedBytes} bytes`);
  return `${signerPrefix}${name}+${keyId}+${encodeBase64(concatBytes(Uint8Array.of(algorithmOf[kind]), seed))}`;
}

/** Reads a private key. Whether its id follows from it takes its public half. Sentences quote nothing of it. */
export function parseSignerKey(
  text: string,
): Parsed<
  { readonly kind: NoteKeyKind; readonly name: string; readonly keyId: string; readonly seed: Uint8Array },
  Exclude<VerifierKeyCode, 'key-id-wrong'>
> {
  const [, name = '', keyId = '', base64 = ''] =
    /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
  const bytes = decodeBase64(base64);
  if (text.length > 1_000 || !isKeyName(name) || bytes === null || bytes.length === 0)
    return refused(
      'key-malformed',
      `A private key is ${signerPrefix}<name>+<eight hexadecimal digits>+<base64>.`,
    );
  const kind = (['note', 'cosignature'] as const).find((each) => algorithmOf[each] === bytes[0]);
  if (kind === undefined || bytes.length !== 1 + seedBytes)
    return refused('key-kind-unknown', 'The private key is none of Ed25519: that begins with 0x01 or 0x04.');
  return accepted({ kind, name, keyId, seed: bytes.slice(1) });
}

import { concatBytes, utf8 } from '../shared/bytes.ts';
import { accepted, type Parsed, refused } from '../shared/parsed.ts';
import { isSignedBy, type SignEd25519, signatureBytes, type VerifyEd25519 } from '../shared/signatures.ts';
import { type Note, type NoteSignature, type SignatureCode, signatureBy } from './note.ts';
import type { NoteKey } from './note-key.ts';
import { isSize } from './tree.ts';

/*
 * Cosignatures of witnesses (C2SP tlog-cosignature, cosignature/v1 with Ed25519). A witness says that at this time
 * this was the largest consistent tree that it had seen of the log. The signature is eight bytes of time (seconds
 * since 1970, big endian) and 64 of Ed25519.
 */

const timeBytes = 8;

/** What a witness signs: two lines, and the whole text of the checkpoint's note. */
const cosignedMessage = (seconds: number, text: string): Uint8Array =>
  utf8(`cosignature/v1\ntime ${seconds}\n${text}`);

/** Cosigns a checkpoint. `seconds` since 1970, whole. Throws a RangeError for what is no time, or a key of notes. */
export async function cosign(
  text: string,
  { key, sign }: { readonly key: NoteKey; readonly sign: SignEd25519 },
  seconds: number,
): Promise<NoteSignature> {
  if (!isSize(seconds)) throw new RangeError(`no time in whole seconds: ${seconds}`);
  mustCosign(key);
  const time = new Uint8Array(timeBytes);
  new DataView(time.buffer).setBigUint64(0, BigInt(seconds));
  const signature = concatBytes(time, await sign(cosignedMessage(seconds, text)));
  return { name: key.name, keyId: key.keyId, signature };
}

function mustCosign({ kind, name }: NoteKey): void {
  if (kind !== 'cosignature') throw new RangeError(`the key ${name} signs notes, and cosigns none`);
}

export type CosignatureCode = SignatureCode | 'cosignature-malformed';

/**
 * When a witness cosigned a note, in seconds since 1970. Whether that is in the future is for the caller to say.
 * Throws a RangeError for a key of notes (0x01) alone.
 */
export async function verifyCosignature(
  note: Note,
  key: NoteKey,
  verifyEd25519: VerifyEd25519,
): Promise<Parsed<{ readonly seconds: number }, CosignatureCode>> {
  mustCosign(key);
  const found = signatureBy(note, key);
  if (!found.ok) return found;
  const bytes = found.value;
  if (bytes.length !== timeBytes + signatureBytes)
    return refused('cosignature-malformed', `The cosignature of ${key.name} has ${bytes.length} bytes.`);
  const seconds = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0));
  // A time of more than 2^53 seconds is none.
  if (!isSize(seconds))
    return refused('cosignature-malformed', `The cosignature of ${key.name} has no time.`);
  const message = cosignedMessage(seconds, note.text);
  return (await isSignedBy(verifyEd25519, key.publicKey, message, bytes.subarray(timeBytes)))
    ? accepted({ seconds })
    : refused('signature-wrong', `The cosignature of ${key.name}+${key.keyId} is none of this checkpoint.`);
}

import { decodeBase64, encodeBase64 } from '../shared/base64.ts';
import { concatBytes, toHex, utf8 } from '../shared/bytes.ts';
import { accepted, type Parsed, refused } from '../shared/parsed.ts';
import { isSignedBy, type SignEd25519, type VerifyEd25519 } from '../shared/signatures.ts';
import type { NoteKey } from './note-key.ts';

/*
 * Signed notes (C2SP signed-note): a text that ends in a newline, an empty line, and a line for each signature,
 * "— <name> <base64 of four bytes of key id and the signature>". What is signed is the text with its last newline.
 */

export type NoteSignature = {
  readonly name: string;
  /** Four bytes, as eight lower-case hexadecimal digits. */
  readonly keyId: string;
  /** Without the key id. */
  readonly signature: Uint8Array;
};

export type Note = {
  /** With its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
};

/** A note with sixteen signatures by the longest keys there are is shorter. */
export const noteMaxCharacters = 256 * 1024;
const maxSignatures = 100;
const keyIdBytes = 4;

export type NoteCode = 'note-malformed';

/** A key's name is not empty and has neither white space nor a plus. */
export const isKeyName = (name: string): boolean =>
  name.isWellFormed() && /^[^\p{White_Space}+\p{Cc}]+$/u.test(name);

/** A line may hold any character but those below U+0020, a newline among them (signed-note, "Format"). */
export function isNoteLine(line: string): boolean {
  for (let at = 0; at < line.length; at += 1) if (line.charCodeAt(at) < 0x20) return false;
  return line.isWellFormed();
}
const isNoteText = (text: string): boolean => text.split('\n').every(isNoteLine);

/** The text of a note that has no signature yet. Throws a RangeError where it can't be one. */
function mustBeText(text: string): void {
  if (!text.endsWith('\n') || !isNoteText(text))
    throw new RangeError('a note is text without control characters, and ends with a newline');
}

export function noteText({ text, signatures }: Note): string {
  mustBeText(text);
  const lines = signatures.map(({ name, keyId, signature }) => {
    if (!isKeyName(name)) throw new RangeError(`no name of a key: ${JSON.stringify(name)}`);
    const id = Uint8Array.from(keyId.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
    if (id.length !== keyIdBytes) throw new RangeError(`a key id has ${keyIdBytes} bytes`);
    return `— ${name} ${encodeBase64(concatBytes(id, signature))}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/** Reads a note that anybody may have written. Whether a signature is right is another question. */
export function parseNote(note: string): Parsed<Note, NoteCode> {
  const no = (sentence: string) => refused('note-malformed', sentence);
  if (note.length > noteMaxCharacters)
    return no(`The note has ${note.length} characters, and may have ${noteMaxCharacters}.`);
  if (!isNoteText(note)) return no('The note holds a character that no note may hold.');
  // The last empty line parts them: the text may hold others.
  const at = note.lastIndexOf('\n\n');
  if (at < 0 || !note.endsWith('\n'))
    return no('The note has no empty line between its text and its signatures.');
  const lines = note.slice(at + 2, -1).split('\n');
  if (lines.length > maxSignatures) return no(`The note has more than ${maxSignatures} signatures.`);
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [, name = '', base64 = ''] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
    const bytes = decodeBase64(base64);
    if (!isKeyName(name) || bytes === null || bytes.length <= keyIdBytes)
      return no('A line after the empty line is no signature.');
    signatures.push({
      name,
      keyId: toHex(bytes.subarray(0, keyIdBytes)),
      signature: bytes.slice(keyIdBytes),
    });
  }
  return accepted({ text: note.slice(0, at + 1), signatures });
}

/** Signs a text as a note, with one signature. Throws a RangeError where it can't be one. */
export async function signNote(
  text: string,
  { key, sign }: { readonly key: NoteKey; readonly sign: SignEd25519 },
): Promise<string> {
  mustBeText(text);
  mustSignNotes(key);
  const { name, keyId } = key;
  return noteText({ text, signatures: [{ name, keyId, signature: await sign(utf8(text)) }] });
}

/** A cosigner's key signs something else, and may be the same 32 bytes. */
function mustSignNotes({ kind, name }: NoteKey): void {
  if (kind !== 'note') throw new RangeError(`the key ${name} cosigns checkpoints, and signs no notes`);
}

/** A note with one signature more: a cosignature of a witness, or one by a new key of the log. */
export const withSignature = ({ text, signatures }: Note, signature: NoteSignature): Note => ({
  text,
  signatures: [...signatures, signature],
});

export type SignatureCode = 'signature-missing' | 'signature-twice' | 'signature-wrong';

/**
 * The one signature of a note that says it is by this key. Those by other keys are let be, also where they share a
 * name or an id with it (signed-note, "Signatures"). Two by the same key are refused: which one counts would depend
 * on the reader.
 */
export function signatureBy(
  { signatures }: Note,
  { name, keyId }: NoteKey,
): Parsed<Uint8Array, SignatureCode> {
  const [first, second] = signatures.filter((each) => each.name === name && each.keyId === keyId);
  if (first === undefined)
    return refused('signature-missing', `The note has no signature by ${name}+${keyId}.`);
  if (second !== undefined)
    return refused('signature-twice', `The note has two signatures by ${name}+${keyId}.`);
  return accepted(first.signature);
}

/** Whether a note is signed by an Ed25519 key (0x01). Throws a RangeError for a cosigner's key (0x04) alone. */
export async function verifyNote(
  note: Note,
  key: NoteKey,
  verifyEd25519: VerifyEd25519,
): Promise<Parsed<null, SignatureCode>> {
  mustSignNotes(key);
  const found = signatureBy(note, key);
  if (!found.ok) return found;
  return (await isSignedBy(verifyEd25519, key.publicKey, utf8(note.text), found.value))
    ? accepted(null)
    : refused('signature-wrong', `The signature of ${key.name}+${key.keyId} is none of this note.`);
}

import { createHash } from 'node:crypto';
import { isKeyName, type NoteKey } from './domain/log/index.ts';

const cosigner = 0x04;

/** Reads the verifier keys of witnesses (C2SP tlog-cosignature), separated by commas; a sentence where one is none. */
export function readWitnessKeys(text: string): readonly NoteKey[] | string {
  const keys: NoteKey[] = [];
  for (const part of text.split(',').map((each) => each.trim())) {
    // Base64 has plus signs too, a name has none.
    const [, name = '', keyId = '', base64 = ''] =
      /^([^+,]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(part) ?? [];
    const bytes = Buffer.from(base64, 'base64');
    if (!isKeyName(name) || bytes.length !== 33)
      return 'must be verifier keys of witnesses, as reprise witness key prints them, separated by commas';
    if (bytes[0] !== cosigner)
      return `must be keys that cosign (they begin with 0x04), and that of ${name} is of another kind`;
    const digest = createHash('sha256').update(`${name}\n`).update(bytes).digest('hex').slice(0, 8);
    if (digest !== keyId) return `holds a key of ${name} whose id is ${digest}, and it says ${keyId}`;
    if (keys.some((each) => each.name === name && each.keyId === keyId))
      return `holds ${name}+${keyId} twice`;
    keys.push({ kind: 'cosignature', name, keyId, publicKey: new Uint8Array(bytes.subarray(1)) });
  }
  return keys;
}

import { decodeUtf8 } from '../shared/bytes.ts';
import type { VerifyEd25519 } from '../shared/signatures.ts';
import { type CheckName, verifyBundle } from '../verification/index.ts';
import type { Exported } from './bundles.ts';
import { verifyEd25519 } from './signing.ts';

/** The bytes with one bit turned round; bit 0 is the lowest of the first byte. */
export function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

/** The checkpoint is the same in every bundle here; its signature is asked for once. */
export function remembering(): VerifyEd25519 {
  const known = new Map<string, Promise<boolean>>();
  return (key, message, signature) => {
    if (!Buffer.from(message).toString('latin1').startsWith('reprise.example'))
      return verifyEd25519(key, message, signature);
    const name = Buffer.concat([key, message, signature]).toString('latin1');
    const found = known.get(name) ?? verifyEd25519(key, message, signature);
    known.set(name, found);
    return found;
  };
}

type Part = 'payload' | 'sig' | 'keyid' | 'payloadType' | 'structure';

/** Which part of the envelope each of its bytes belongs to, from its text. */
function partsOf(envelope: Uint8Array): (at: number) => Part {
  const text = decodeUtf8(envelope) ?? '';
  const { payload, payloadType, signatures } = JSON.parse(text);
  const spans = (
    [
      ['payload', payload],
      ['payloadType', payloadType],
      ['sig', signatures[0].sig],
      ['keyid', signatures[0].keyid],
    ] as const
  ).map(([name, value]) => {
    const from = text.indexOf(`"${name}":"`) + name.length + 4;
    return { name, from, to: from + String(value).length };
  });
  return (at) => spans.find(({ from, to }) => at >= from && at < to)?.name ?? 'structure';
}

/** What may find a flipped bit first, by where it is. A key id is signed by nobody: the log alone holds it. */
const finders: Readonly<Record<Part, readonly CheckName[]>> = {
  payload: ['envelope', 'signature'],
  sig: ['envelope', 'signature'],
  payloadType: ['envelope', 'signature'],
  keyid: ['envelope', 'inclusion'],
  structure: ['envelope'],
};

/** Flips these bits of the envelope, one at a time. Throws where one is not found, or by another check than its part's. */
export async function flipAll({ bundle, input }: Exported, bits: Iterable<number>) {
  const partOf = partsOf(bundle.envelope);
  const verify = remembering();
  const found = new Map<CheckName, number>();
  let flips = 0;
  for (const bit of bits) {
    flips += 1;
    const report = await verifyBundle(
      input({ ...bundle, envelope: flip(bundle.envelope, bit) }, { verifyEd25519: verify }),
    );
    const failed = report.checks.filter(({ outcome }) => outcome === 'fail').map(({ name }) => name);
    const [first] = failed;
    // Whatever else finds it, the leaf is another one.
    if (report.holds || first === undefined || !failed.includes('inclusion') || report.statement !== null)
      throw new Error(`bit ${bit} was flipped, and that was not found`);
    if (!finders[partOf(bit >> 3)].includes(first))
      throw new Error(`bit ${bit}, of the ${partOf(bit >> 3)}, was found by ${first}`);
    found.set(first, (found.get(first) ?? 0) + 1);
  }
  return { flips, found };
}

/** Each step-th bit of so many bytes. */
export function* every(bytes: number, step: number): Generator<number> {
  for (let bit = 0; bit < bytes * 8; bit += step) yield bit;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const padding = '='.charCodeAt(0);
const digitOf = new Int8Array(128).fill(-1);
for (let at = 0; at < alphabet.length; at += 1) digitOf[alphabet.charCodeAt(at)] = at;

const ascii = new TextDecoder();

/** Base64 with padding (RFC 4648, section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(padding);
  let bits = 0;
  let held = 0;
  let written = 0;
  const write = (digit: number) => {
    text[written] = alphabet.charCodeAt(digit & 63);
    written += 1;
  };
  for (let at = 0; at < bytes.length; at += 1) {
    bits = ((bits << 8) | (bytes[at] ?? 0)) & 0xffff;
    held += 8;
    while (held >= 6) {
      held -= 6;
      write(bits >> held);
    }
  }
  if (held > 0) write(bits << (6 - held));
  return ascii.decode(text);
}

/**
 * The bytes of a base64 text; null for any other spelling than the one that `encodeBase64` gives: with white space,
 * the URL alphabet, missing or wrong padding, or bits after the last byte (RFC 4648, section 3.5). A lenient reader
 * would take several texts for the same bytes, and so let a document be changed without its content changing.
 */
export function decodeBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const padded = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.length - padded;
  const bytes = new Uint8Array((text.length / 4) * 3 - padded);
  let bits = 0;
  let held = 0;
  let written = 0;
  for (let at = 0; at < digits; at += 1) {
    const value = digitOf[text.charCodeAt(at)] ?? -1;
    if (value < 0) return null;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[written] = (bits >> held) & 0xff;
    written += 1;
  }
  // What is left over are the bits after the last byte.
  return (bits & ((1 << held) - 1)) === 0 ? bytes : null;
}

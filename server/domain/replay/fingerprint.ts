/**
 * Fingerprints of ids and contents for the hot loop of a fold: MurmurHash3 (Austin Appleby, public domain),
 * its x86 variant of 128 bits, with constant seeds so that every worker of a replay computes the same.
 *
 * They are not cryptographic, and need not be: whoever makes two ids collide gets a *conflicting duplicate*
 * (the content's fingerprint differs), which makes the replay suspect and is shown. It fails closed. By chance,
 * the odds of one collision among 10^9 ids are 1.5 × 10^-21.
 */
const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;
const SEED = 0x5ec0de01;
const CONTENT_SEED = 0x0ff5e701;

function finish(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** The last hash computed: a register and no return value, since the hot loop can't afford an object a record. */
export type HashRegister = Uint32Array;
export const newRegister = (): HashRegister => new Uint32Array(4);

/** 128-bit hash of a text's UTF-16 code units, into `out[0..3]`. */
export function hashText(text: string, out: HashRegister): void {
  const length = text.length;
  let h1 = SEED;
  let h2 = SEED;
  let h3 = SEED;
  let h4 = SEED;
  let i = 0;
  for (; i + 8 <= length; i += 8) {
    let k = Math.imul(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16), C1);
    h1 ^= Math.imul((k << 15) | (k >>> 17), C2);
    h1 = (Math.imul(((h1 << 19) | (h1 >>> 13)) + h2, 5) + 0x561ccd1b) | 0;
    k = Math.imul(text.charCodeAt(i + 2) | (text.charCodeAt(i + 3) << 16), C2);
    h2 ^= Math.imul((k << 16) | (k >>> 16), C3);
    h2 = (Math.imul(((h2 << 17) | (h2 >>> 15)) + h3, 5) + 0x0bcaa747) | 0;
    k = Math.imul(text.charCodeAt(i + 4) | (text.charCodeAt(i + 5) << 16), C3);
    h3 ^= Math.imul((k << 17) | (k >>> 15), C4);
    h3 = (Math.imul(((h3 << 15) | (h3 >>> 17)) + h4, 5) + 0x96cd1c35) | 0;
    k = Math.imul(text.charCodeAt(i + 6) | (text.charCodeAt(i + 7) << 16), C4);
    h4 ^= Math.imul((k << 18) | (k >>> 14), C1);
    h4 = (Math.imul(((h4 << 13) | (h4 >>> 19)) + h1, 5) + 0x32ac3b17) | 0;
  }
  // Unlike the original's switch, the tail is mixed unit by unit, rotating the lanes: shorter, and as well mixed.
  for (; i < length; i++) {
    const k = Math.imul(text.charCodeAt(i) + 1, C1);
    h1 ^= Math.imul((k << 15) | (k >>> 17), C2);
    const next = (Math.imul(((h1 << 19) | (h1 >>> 13)) + h2, 5) + 0x561ccd1b) | 0;
    h1 = h2;
    h2 = h3;
    h3 = h4;
    h4 = next;
  }
  mixLanes(h1 ^ length, h2 ^ length, h3 ^ length, h4 ^ length, out);
}

function mixLanes(a: number, b: number, c: number, d: number, out: HashRegister): void {
  let h1 = (a + b + c + d) | 0;
  let h2 = finish(b + h1);
  let h3 = finish(c + h1);
  let h4 = finish(d + h1);
  h1 = finish(h1);
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  out[0] = h1;
  out[1] = h2;
  out[2] = h3;
  out[3] = h4;
}

let viewed: ArrayBufferLike | null = null;
let view: DataView = new DataView(new ArrayBuffer(0));

/**
 * Hash of bytes, all or those of `[from, to)`, into `out`, of which the first 64 bits are kept. No content (a tombstone)
 * differs from empty content.
 * Values of one fetch share one ArrayBuffer, so its view is kept from call to call.
 */
export function hashContent(
  content: Uint8Array | null,
  out: HashRegister,
  from = 0,
  to = content?.length ?? 0,
): void {
  if (content === null) {
    out[0] = 0;
    out[1] = 0;
    return;
  }
  if (content.buffer !== viewed) {
    viewed = content.buffer;
    view = new DataView(viewed);
  }
  const start = content.byteOffset + from;
  const length = to - from;
  const end = start + length;
  let h1 = CONTENT_SEED;
  let h2 = CONTENT_SEED;
  let h3 = CONTENT_SEED;
  let h4 = CONTENT_SEED;
  let i = start;
  for (; i + 16 <= end; i += 16) {
    let k = Math.imul(view.getInt32(i, true), C1);
    h1 ^= Math.imul((k << 15) | (k >>> 17), C2);
    h1 = (Math.imul(((h1 << 19) | (h1 >>> 13)) + h2, 5) + 0x561ccd1b) | 0;
    k = Math.imul(view.getInt32(i + 4, true), C2);
    h2 ^= Math.imul((k << 16) | (k >>> 16), C3);
    h2 = (Math.imul(((h2 << 17) | (h2 >>> 15)) + h3, 5) + 0x0bcaa747) | 0;
    k = Math.imul(view.getInt32(i + 8, true), C3);
    h3 ^= Math.imul((k << 17) | (k >>> 15), C4);
    h3 = (Math.imul(((h3 << 15) | (h3 >>> 17)) + h4, 5) + 0x96cd1c35) | 0;
    k = Math.imul(view.getInt32(i + 12, true), C4);
    h4 ^= Math.imul((k << 18) | (k >>> 14), C1);
    h4 = (Math.imul(((h4 << 13) | (h4 >>> 19)) + h1, 5) + 0x32ac3b17) | 0;
  }
  for (; i < end; i++) {
    const k = Math.imul(view.getUint8(i) + 1, C1);
    h1 ^= Math.imul((k << 15) | (k >>> 17), C2);
    const next = (Math.imul(((h1 << 19) | (h1 >>> 13)) + h2, 5) + 0x561ccd1b) | 0;
    h1 = h2;
    h2 = h3;
    h3 = h4;
    h4 = next;
  }
  mixLanes(h1 ^ length, h2 ^ length, h3 ^ length, h4 ^ length, out);
}

/**
 * Mixes a text into the 64 bits that `hashContent` has put into `out`, which then stand for both. Two lanes and not
 * four: ordering keys are short.
 */
export function mixText(text: string, out: HashRegister): void {
  const length = text.length;
  let h1 = out[0] ?? 0;
  let h2 = out[1] ?? 0;
  let i = 0;
  for (; i + 2 <= length; i += 2) {
    const k = Math.imul(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16), C1);
    h1 ^= Math.imul((k << 15) | (k >>> 17), C2);
    const next = (Math.imul(((h1 << 19) | (h1 >>> 13)) + h2, 5) + 0x561ccd1b) | 0;
    h1 = h2;
    h2 = next;
  }
  if (i < length) {
    const k = Math.imul(text.charCodeAt(i), C3);
    h2 ^= Math.imul((k << 17) | (k >>> 15), C4);
  }
  h1 = finish((h1 ^ length) + h2);
  out[0] = h1;
  out[1] = finish(h2 + h1);
}

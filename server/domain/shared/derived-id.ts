import type { Sha256 } from './digests.ts';

/** A UUID (version 8, RFC 9562) of a text: whoever derives it again, from the same, has the same. */
export function derivedId(sha256: Sha256, text: string): string {
  const hex = sha256(text);
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}

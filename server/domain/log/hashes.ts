import { concatBytes } from '../shared/bytes.ts';
import type { AsyncSha256 } from '../shared/signatures.ts';

/** Bytes of a hash: SHA-256. */
export const hashBytes = 32;

const leafPrefix = Uint8Array.of(0);

/** The hash of an entry (RFC 6962, section 2.1). Its prefix keeps an entry from being taken for two hashes. */
export const leafHash = (entry: Uint8Array, sha256: AsyncSha256): Promise<Uint8Array> =>
  sha256(concatBytes(leafPrefix, entry));

/** The hash of two subtrees, each 32 bytes (RFC 6962, section 2.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array, sha256: AsyncSha256): Promise<Uint8Array> {
  const node = new Uint8Array(1 + 2 * hashBytes);
  node[0] = 1;
  node.set(left, 1);
  node.set(right, 1 + hashBytes);
  return sha256(node);
}

/** The root of a log without an entry: SHA-256 over nothing (RFC 6962, section 2.1). */
export const emptyRoot = (sha256: AsyncSha256): Promise<Uint8Array> => sha256(new Uint8Array(0));

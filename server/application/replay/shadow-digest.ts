import { canonicalState } from '../../domain/replay/index.ts';
import { toHex } from '../../domain/shared/bytes.ts';
import type { StartSha256 } from '../../domain/shared/digests.ts';

const encoder = new TextEncoder();
const lengths = new DataView(new ArrayBuffer(8));

/**
 * The shadow digest: what a replay has computed, so that others can recompute it. SHA-256 over
 * `reprise.shadow/v1\n` and then, for each key in the order of its UTF-8 bytes: length of the key u32, length of
 * the state u32 (big-endian, in bytes), key, state as canonical JSON (RFC 8785), both UTF-8.
 */
export class ShadowDigest {
  private readonly sha256: ReturnType<StartSha256>;

  constructor(start: StartSha256) {
    this.sha256 = start();
    this.sha256.update(encoder.encode('reprise.shadow/v1\n'));
  }

  /** `state` as it is stored, its names in any order. */
  add(key: string, state: string): void {
    const keyBytes = encoder.encode(key);
    const stateBytes = encoder.encode(canonicalState(JSON.parse(state)));
    lengths.setUint32(0, keyBytes.length);
    lengths.setUint32(4, stateBytes.length);
    const frame = new Uint8Array(8 + keyBytes.length + stateBytes.length);
    frame.set(new Uint8Array(lengths.buffer));
    frame.set(keyBytes, 8);
    frame.set(stateBytes, 8 + keyBytes.length);
    this.sha256.update(frame);
  }

  end(): string {
    return toHex(this.sha256.digest());
  }
}

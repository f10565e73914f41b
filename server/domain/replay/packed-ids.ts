import { isMark } from './sequence-marks.ts';

/** Bytes of one packed entry: id 16, content 8, offset 8 (two u32, high first); words little-endian. */
export const seenEntryBytes = 32;

/** The packed ids of a seen table that are to be kept, by the words of their fingerprint: `word(0)` to `word(3)`. */
export function keepPackedIds(
  packed: Uint8Array,
  keep: (word: (at: number) => number) => boolean,
): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  const kept = new Uint8Array(packed.length);
  let length = 0;
  let at = 0;
  const word = (index: number) => view.getUint32(at + 4 * index, true);
  for (; at + seenEntryBytes <= packed.length; at += seenEntryBytes) {
    if (isMark(view, at) || !keep(word)) continue;
    kept.set(packed.subarray(at, at + seenEntryBytes), length);
    length += seenEntryBytes;
  }
  return kept.subarray(0, length);
}

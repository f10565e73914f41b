import { type HashRegister, hashText, newRegister } from './fingerprint.ts';

/**
 * The last sequence number of each key, for contracts that name one. It has to survive a checkpoint, or a fold
 * that is taken up again would miss an event out of order; so it travels with the packed ids, in entries of the
 * same 32 bytes whose highest bit is set (no offset has it): key's fingerprint 16, sequence as float64 8, mark 8.
 */
const MARK = 0x8000_0000;
const MARK_BYTES = 32;

/** Whether the packed entry at `at` is a mark and not an id. */
export function isMark(view: DataView, at: number): boolean {
  return view.getUint32(at + 24, true) >= MARK;
}

export class SequenceMarks {
  private readonly byKey = new Map<string, number>();
  private dirty = new Set<string>();
  private readonly loaded = new Map<string, number>();
  private readonly register: HashRegister = newRegister();

  /** The last sequence number of a key; undefined before its first. */
  last(key: string): number | undefined {
    const known = this.byKey.get(key);
    if (known !== undefined || this.loaded.size === 0) return known;
    hashText(key, this.register);
    return this.loaded.get(this.register.join());
  }

  set(key: string, sequence: number): void {
    this.byKey.set(key, sequence);
    this.dirty.add(key);
  }

  /** Takes in the marks among packed entries; later ones replace earlier ones. */
  load(packed: Uint8Array): void {
    const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
    for (let at = 0; at + MARK_BYTES <= packed.length; at += MARK_BYTES) {
      if (!isMark(view, at)) continue;
      const words = [0, 4, 8, 12].map((word) => view.getUint32(at + word, true));
      this.loaded.set(words.join(), view.getFloat64(at + 16, true));
    }
  }

  /** Marks of the keys that changed since the last take, packed. */
  takeNew(): Uint8Array {
    const packed = new Uint8Array(this.dirty.size * MARK_BYTES);
    const view = new DataView(packed.buffer);
    let at = 0;
    for (const key of this.dirty) {
      hashText(key, this.register);
      for (let word = 0; word < 4; word++) view.setUint32(at + word * 4, this.register[word] ?? 0, true);
      view.setFloat64(at + 16, this.byKey.get(key) ?? 0, true);
      view.setUint32(at + 24, MARK, true);
      at += MARK_BYTES;
    }
    this.dirty = new Set();
    return packed;
  }
}

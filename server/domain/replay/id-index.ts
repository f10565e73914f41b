/**
 * Entries are eight 32-bit words, the first four the id's fingerprint. A chunk holds 4096 of them and so takes 128 KiB:
 * so large a piece gets pages of its own from the allocator that a worker is started with (server/workers/arguments.ts),
 * which go back to the system when the fold ends, where smaller ones lie among what comes and goes and hold that, too.
 */
export const entryWords = 8;
export const chunkEntries = 4096;
export const chunkShift = 12;
const CHUNK_MASK = chunkEntries - 1;
const FIRST_BITS = 10;
/** A slot is 4 bytes: at the worst load 4 / 0.375 = 10.7 bytes an entry. */
const MAX_LOAD = 0.75;

/** The first four words of an entry, its id, into `out`. */
export function readId(chunks: readonly Uint32Array[], entry: number, out: Uint32Array): void {
  for (let word = 0; word < 4; word++) out[word] = entryWord(chunks, entry, word);
}

/** One word of an entry. */
export function entryWord(chunks: readonly Uint32Array[], entry: number, word: number): number {
  const chunk = chunks[entry >>> chunkShift];
  return chunk === undefined ? 0 : (chunk[(entry & CHUNK_MASK) * entryWords + word] ?? 0);
}

/**
 * Open addressing. With 2^b slots, a slot holds an entry's number plus one in its lower b bits (0: empty) and, in
 * the rest, bits of the id's fingerprint: a miss, the common case, touches one word of memory and seldom an entry.
 */
export class IdIndex {
  private bits: number;
  private slots: Uint32Array;
  private limit: number;
  private size = 0;
  /** Where the last probe ended: at the id, or at an empty slot. */
  private at = 0;
  private readonly chunks: readonly Uint32Array[];

  /** `highest` is a bound for entry numbers; where some are left out it has to be right, since growing takes all from 0 on. */
  constructor(chunks: readonly Uint32Array[], highest = 0) {
    let bits = FIRST_BITS;
    while (2 ** bits * MAX_LOAD <= highest) bits += 1;
    this.bits = bits;
    this.slots = new Uint32Array(2 ** bits);
    this.limit = 2 ** bits * MAX_LOAD;
    this.chunks = chunks;
  }

  get bytes(): number {
    return this.slots.byteLength;
  }

  /**
   * The entry with this id, or −1. `id` is four words in a register, and not four numbers: half of all words are beyond
   * what is handed on without an object for each.
   */
  probe(id: Uint32Array): number {
    const { slots, bits } = this;
    const a = id[0] ?? 0;
    const b = id[1] ?? 0;
    const c = id[2] ?? 0;
    const d = id[3] ?? 0;
    const mask = slots.length - 1;
    const tag = d >>> bits;
    let at = a & mask;
    let slot = slots[at] ?? 0;
    while (slot !== 0) {
      if (slot >>> bits === tag) {
        const entry = (slot & mask) - 1;
        const chunk = this.chunks[entry >>> chunkShift];
        const base = (entry & CHUNK_MASK) * entryWords;
        if (
          chunk !== undefined &&
          chunk[base] === a &&
          chunk[base + 1] === b &&
          chunk[base + 2] === c &&
          chunk[base + 3] === d
        ) {
          this.at = at;
          return entry;
        }
      }
      at = (at + 1) & mask;
      slot = slots[at] ?? 0;
    }
    this.at = at;
    return -1;
  }

  /** Removes the id that was put last; any other would break the chains of those put after it. */
  remove(id: Uint32Array): void {
    if (this.probe(id) < 0) return;
    this.slots[this.at] = 0;
    this.size -= 1;
  }

  /** Puts an entry where the last probe ended; grows by doubling when the load is reached. */
  put(entry: number, id: Uint32Array): void {
    this.slots[this.at] = slotOf(entry, id[3] ?? 0, this.bits);
    this.size += 1;
    if (this.size >= this.limit) this.grow();
  }

  /** Entries are read in order, and only the slots at random. */
  private grow(): void {
    const bits = this.bits + 1;
    const slots = new Uint32Array(2 ** bits);
    const mask = slots.length - 1;
    const { size, chunks } = this;
    for (let from = 0; from < size; from += chunkEntries) {
      const chunk = chunks[from >>> chunkShift];
      if (chunk === undefined) break;
      const count = Math.min(chunkEntries, size - from);
      for (let i = 0; i < count; i++) {
        let at = (chunk[i * entryWords] ?? 0) & mask;
        while (slots[at] !== 0) at = (at + 1) & mask;
        slots[at] = slotOf(from + i, chunk[i * entryWords + 3] ?? 0, bits);
      }
    }
    this.bits = bits;
    this.slots = slots;
    this.limit = 2 ** bits * MAX_LOAD;
  }
}

function slotOf(entry: number, d: number, bits: number): number {
  return ((d >>> bits) << bits) | (entry + 1);
}

/** Entries are eight 32-bit words, in chunks of 1024 entries: the first four words are the id's fingerprint. */
export const entryWords = 8;
export const chunkEntries = 1024;
const CHUNK_SHIFT = 10;
const CHUNK_MASK = chunkEntries - 1;
const FIRST_CAPACITY = 1024;
/** An index slot is a 1-byte tag and a 4-byte entry number: at the worst load 5 / 0.375 = 13.4 bytes an entry. */
const MAX_LOAD = 0.75;

/** One word of an entry. */
export function entryWord(chunks: readonly Uint32Array[], entry: number, word: number): number {
  const chunk = chunks[entry >>> CHUNK_SHIFT];
  return chunk === undefined ? 0 : (chunk[(entry & CHUNK_MASK) * entryWords + word] ?? 0);
}

/** Open addressing over 1-byte tags, so that a miss, the common case, seldom touches an entry. */
export class IdIndex {
  private tags: Uint8Array;
  private slots: Uint32Array;
  private mask: number;
  private limit: number;
  private size = 0;
  /** Where the last probe ended: at the id, or at an empty slot. */
  private at = 0;
  private readonly chunks: readonly Uint32Array[];

  /** `expected` ids fit without growing: needed where entries are left out, since growing takes all from 0 on. */
  constructor(chunks: readonly Uint32Array[], expected = 0) {
    let capacity = FIRST_CAPACITY;
    while (capacity * MAX_LOAD <= expected) capacity *= 2;
    this.tags = new Uint8Array(capacity);
    this.slots = new Uint32Array(capacity);
    this.mask = capacity - 1;
    this.limit = capacity * MAX_LOAD;
    this.chunks = chunks;
  }

  get bytes(): number {
    return this.tags.byteLength + this.slots.byteLength;
  }

  /** The entry with this id, or −1. */
  probe(a: number, b: number, c: number, d: number): number {
    const tag = (d >>> 24) | 1;
    let at = a & this.mask;
    let found = this.tags[at];
    while (found !== 0) {
      if (found === tag) {
        const entry = this.slots[at] ?? 0;
        const chunk = this.chunks[entry >>> CHUNK_SHIFT];
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
      at = (at + 1) & this.mask;
      found = this.tags[at];
    }
    this.at = at;
    return -1;
  }

  /** Removes the id that was put last; any other would break the chains of those put after it. */
  remove(a: number, b: number, c: number, d: number): void {
    if (this.probe(a, b, c, d) < 0) return;
    this.tags[this.at] = 0;
    this.size -= 1;
  }

  /** Puts an entry where the last probe ended; grows by doubling when the load is reached. */
  put(entry: number, d: number): void {
    this.tags[this.at] = (d >>> 24) | 1;
    this.slots[this.at] = entry;
    this.size += 1;
    if (this.size >= this.limit) this.grow();
  }

  /** Only for an index of all entries from 0 on: they are read in order, and only the small arrays at random. */
  private grow(): void {
    const capacity = this.tags.length * 2;
    const tags = new Uint8Array(capacity);
    const slots = new Uint32Array(capacity);
    const mask = capacity - 1;
    const { size, chunks } = this;
    for (let from = 0; from < size; from += chunkEntries) {
      const chunk = chunks[from >>> CHUNK_SHIFT];
      if (chunk === undefined) break;
      const count = Math.min(chunkEntries, size - from);
      for (let i = 0; i < count; i++) {
        let at = (chunk[i * entryWords] ?? 0) & mask;
        while (tags[at] !== 0) at = (at + 1) & mask;
        tags[at] = ((chunk[i * entryWords + 3] ?? 0) >>> 24) | 1;
        slots[at] = from + i;
      }
    }
    this.tags = tags;
    this.slots = slots;
    this.mask = mask;
    this.limit = capacity * MAX_LOAD;
  }
}

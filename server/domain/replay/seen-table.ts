import { type HashRegister, hashContent, hashText, mixText, newRegister } from './fingerprint.ts';
import { chunkEntries, chunkShift, entryWord, entryWords, IdIndex, readId } from './id-index.ts';
import { keepPackedIds, seenEntryBytes } from './packed-ids.ts';
import { isMark } from './sequence-marks.ts';

const HIGH = 2 ** 32;
/** Nearly every machine: there the words in memory are the packed bytes. */
const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

export type SeenOutcome = 'new' | 'duplicate' | 'conflict';

/** The first delivery of an id, as the table remembers it. */
export type SeenEntry = { readonly idFingerprint: string; readonly offset: number };

/**
 * The ids that one partition's fold has seen, each with a fingerprint of its content and its first offset.
 * At most 48 bytes an event from 20,000 events on (measured by `bytes`), where a Set of strings takes over 100; of fewer,
 * what is not used of the last chunk weighs more, and is not touched.
 * See fingerprint.ts for why a collision of fingerprints fails closed.
 */
export class SeenTable {
  /** Offset of the first delivery of the id that `add` or `has` was last called with. */
  firstOffset = 0;
  private readonly chunks: Uint32Array[] = [];
  private readonly index = new IdIndex(this.chunks);
  private count = 0;
  private taken = 0;
  private readonly id: HashRegister = newRegister();
  private readonly content: HashRegister = newRegister();

  /** Distinct ids. */
  get size(): number {
    return this.count;
  }

  /** Bytes held by the table's arrays. */
  get bytes(): number {
    return this.index.bytes + this.chunks.length * chunkEntries * seenEntryBytes;
  }

  /**
   * Records a delivery. A conflict is a redelivery whose content differs from the first delivery's: the bytes of its
   * value (`[from, to)` of `value`), or `keyApart`, the ordering key where that stands elsewhere than in the value
   * (null: it does not).
   */
  add(
    id: string,
    keyApart: string | null,
    value: Uint8Array | null,
    offset: number,
    from = 0,
    to = value?.length ?? 0,
  ): SeenOutcome {
    const { id: h, content: c } = this;
    hashText(id, h);
    hashContent(value, c, from, to);
    if (keyApart !== null) mixText(keyApart, c);
    return this.addHashed(offset);
  }

  /** Takes back the id that `add` has just answered 'new' to: its record was set aside after all. */
  forgetLast(): void {
    const last = this.count - 1;
    if (last < this.taken) throw new RangeError('the last id has been taken already');
    readId(this.chunks, last, this.id);
    this.index.remove(this.id);
    this.count = last;
  }

  /** Whether the id was delivered before; sets `firstOffset` if so. Records nothing. */
  has(id: string): boolean {
    const h = this.id;
    hashText(id, h);
    const found = this.index.probe(h);
    if (found >= 0) this.firstOffset = offsetOf(this.chunks, found);
    return found >= 0;
  }

  /** What stands in the two registers. */
  private addHashed(offset: number): SeenOutcome {
    const { chunks, id, content } = this;
    const found = this.index.probe(id);
    if (found >= 0) {
      this.firstOffset = offsetOf(chunks, found);
      const same = entryWord(chunks, found, 4) === content[0] && entryWord(chunks, found, 5) === content[1];
      return same ? 'duplicate' : 'conflict';
    }
    const entry = this.count;
    const within = entry & (chunkEntries - 1);
    let chunk = chunks[entry >>> chunkShift];
    if (chunk === undefined) {
      chunk = new Uint32Array(chunkEntries * entryWords);
      chunks.push(chunk);
    }
    const at = within * entryWords;
    chunk[at] = id[0] ?? 0;
    chunk[at + 1] = id[1] ?? 0;
    chunk[at + 2] = id[2] ?? 0;
    chunk[at + 3] = id[3] ?? 0;
    chunk[at + 4] = content[0] ?? 0;
    chunk[at + 5] = content[1] ?? 0;
    if (offset >= HIGH) chunk[at + 6] = offset / HIGH;
    else chunk[at + 6] = 0;
    chunk[at + 7] = offset;
    this.count = entry + 1;
    this.index.put(entry, id);
    this.firstOffset = offset;
    return 'new';
  }

  /** Entries added by `add` since the last take, packed: what a checkpoint commits. */
  takeNew(): Uint8Array {
    const packed = new Uint8Array((this.count - this.taken) * seenEntryBytes);
    if (littleEndian) this.copyWords(new Uint32Array(packed.buffer));
    else this.writeWords(new DataView(packed.buffer));
    this.taken = this.count;
    return packed;
  }

  private copyWords(target: Uint32Array): void {
    let at = 0;
    for (let entry = this.taken; entry < this.count; ) {
      const within = entry % chunkEntries;
      const run = Math.min(chunkEntries - within, this.count - entry);
      const chunk = this.chunks[Math.floor(entry / chunkEntries)];
      if (chunk === undefined) break;
      target.set(chunk.subarray(within * entryWords, (within + run) * entryWords), at);
      at += run * entryWords;
      entry += run;
    }
  }

  private writeWords(view: DataView): void {
    let at = 0;
    for (let entry = this.taken; entry < this.count; entry++) {
      for (let word = 0; word < entryWords; word++, at += 4) {
        view.setUint32(at, entryWord(this.chunks, entry, word), true);
      }
    }
  }

  /** Takes packed entries in; they do not count as new. Throws a RangeError where the length is no multiple of 32. */
  load(packed: Uint8Array): void {
    if (packed.length % seenEntryBytes !== 0) {
      throw new RangeError(`packed ids come in entries of 32 bytes, and ${packed.length} is no multiple`);
    }
    if (this.taken !== this.count) throw new RangeError('take the new ids before loading others');
    const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
    for (let at = 0; at < packed.length; at += seenEntryBytes) {
      if (isMark(view, at)) continue;
      for (let word = 0; word < 4; word++) this.id[word] = view.getUint32(at + 4 * word, true);
      for (let word = 0; word < 2; word++) this.content[word] = view.getUint32(at + 16 + 4 * word, true);
      this.addHashed(view.getUint32(at + 24, true) * HIGH + view.getUint32(at + 28, true));
    }
    this.taken = this.count;
  }

  /** Those of some packed entries whose ids this table holds. */
  among(packed: Uint8Array): Uint8Array {
    return keepPackedIds(packed, (word) => {
      for (let at = 0; at < 4; at++) this.id[at] = word(at);
      return this.index.probe(this.id) >= 0;
    });
  }

  /** Every id once, in the order in which they were added. */
  *[Symbol.iterator](): IterableIterator<SeenEntry> {
    for (let entry = 0; entry < this.count; entry++) {
      yield {
        idFingerprint: fingerprintText(this.chunks, entry),
        offset: offsetOf(this.chunks, entry),
      };
    }
  }

  /** The table's own memory, for `findShared`; never to be written to. */
  get entries(): { readonly chunks: readonly Uint32Array[]; readonly count: number } {
    return { chunks: this.chunks, count: this.count };
  }
}

function offsetOf(chunks: readonly Uint32Array[], entry: number): number {
  return entryWord(chunks, entry, 6) * HIGH + entryWord(chunks, entry, 7);
}

function fingerprintText(chunks: readonly Uint32Array[], entry: number): string {
  let text = '';
  for (let word = 0; word < 4; word++) text += entryWord(chunks, entry, word).toString(16).padStart(8, '0');
  return text;
}

/** An id that was delivered in more than one partition. */
export type SharedId = {
  readonly idFingerprint: string;
  /** The first delivery in each partition, in the order of the tables. */
  readonly deliveries: readonly { readonly partition: number; readonly offset: number }[];
  /** False where the contents differ: a conflicting duplicate. */
  readonly sameContent: boolean;
};

/**
 * Finds ids that stand in several partitions, in one pass over all tables: time linear in the ids, memory one
 * index (at most 14 bytes an id, and as many for what is free in the last chunk of each table) beside them. Later
 * deliveries in the same partition are that fold's own duplicates and not listed.
 */
export function findShared(
  tables: readonly { readonly partition: number; readonly table: SeenTable }[],
): SharedId[] {
  const chunks = tables.flatMap(({ table }) => table.entries.chunks);
  const firstChunks: { readonly chunk: number; readonly partition: number }[] = [];
  let chunk = 0;
  for (const { partition, table } of tables) {
    firstChunks.push({ chunk, partition });
    chunk += table.entries.chunks.length;
  }
  const partitionOf = (entry: number) =>
    firstChunks.findLast((first) => first.chunk * chunkEntries <= entry)?.partition ?? 0;

  const index = new IdIndex(chunks, chunks.length * chunkEntries);
  const id = newRegister();
  const groups = new Map<number, number[]>();
  let base = 0;
  for (const { table } of tables) {
    for (let entry = base; entry < base + table.size; entry++) {
      readId(chunks, entry, id);
      const found = index.probe(id);
      if (found < 0) index.put(entry, id);
      else groups.set(found, [...(groups.get(found) ?? [found]), entry]);
    }
    base += table.entries.chunks.length * chunkEntries;
  }
  return [...groups].map(([first, entries]) => ({
    idFingerprint: fingerprintText(chunks, first),
    deliveries: entries.map((entry) => ({ partition: partitionOf(entry), offset: offsetOf(chunks, entry) })),
    sameContent: entries.every(
      (entry) =>
        entryWord(chunks, entry, 4) === entryWord(chunks, first, 4) &&
        entryWord(chunks, entry, 5) === entryWord(chunks, first, 5),
    ),
  }));
}

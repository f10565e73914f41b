import { isUtf8 } from 'node:buffer';
import type { HistoryRecord, RecordBatch } from '../../../domain/replay/index.ts';
import type { RowHeaders, TopicRow } from './values.ts';

type Place = { readonly partition: number; readonly offset: number };
type PartitionRows = {
  /** The next offset to read. */
  next: number;
  readonly rows: Map<string, TopicRow>;
  /** Records whose key is no text, or holds U+0000 as binary keys do, by the bytes of it: nothing can be said while one of them is the last of its key. */
  readonly unreadable: Map<string, Place>;
};

/** What a row takes besides its key and its value: two entries of a Map, a Buffer and its object. */
const bytesOfARow = 250;

/** What a compacted topic holds, up to some offset of each partition: the last record of every key. */
export class TopicRows {
  readonly topicId: string;
  readonly partitions: ReadonlyMap<number, PartitionRows>;
  bytes = 0;
  /** An instant before the ends were asked for that it has been read to, by a clock that only goes on. */
  readAtMs = performance.now();

  private constructor(topicId: string, partitions: ReadonlyMap<number, PartitionRows>) {
    this.topicId = topicId;
    this.partitions = partitions;
  }

  static from(topicId: string, starts: ReadonlyMap<number, bigint>): TopicRows {
    return new TopicRows(
      topicId,
      new Map(
        // A broker lists them in any order, and what is said of two rows of a key should not depend on it.
        [...starts]
          .sort(([a], [b]) => a - b)
          .map(([partition, start]) => [
            partition,
            { next: Number(start), rows: new Map(), unreadable: new Map() },
          ]),
      ),
    );
  }

  take({ partition, records, next }: RecordBatch): void {
    const held = this.partitions.get(partition);
    if (held === undefined) return;
    for (const { key, value, headers, offset } of records) {
      const bytes = key === null ? Buffer.alloc(0) : asBuffer(key);
      if (key === null || !isUtf8(bytes) || bytes.includes(0)) {
        const name = key === null ? 'null' : bytes.toString('hex');
        this.takeUnreadable(held, name, value === null ? null : { partition, offset });
        continue;
      }
      const text = bytes.toString('utf8');
      const before = held.rows.get(text);
      if (before !== undefined) this.bytes -= sizeOf(text, before);
      if (value === null) held.rows.delete(text);
      else {
        const row = { value: copyOf(value), headers: headersOf(headers), partition, offset };
        held.rows.set(text, row);
        this.bytes += sizeOf(text, row);
      }
    }
    held.next = next;
  }

  /** Counted too: a topic of binary keys would fill memory else, and nothing would say so. */
  private takeUnreadable(held: PartitionRows, name: string, place: Place | null): void {
    const bytes = name.length * 2 + bytesOfARow;
    if (held.unreadable.delete(name)) this.bytes -= bytes;
    if (place === null) return;
    held.unreadable.set(name, place);
    this.bytes += bytes;
  }

  get size(): number {
    return [...this.partitions.values()].reduce((sum, { rows }) => sum + rows.size, 0);
  }

  /** One of the records whose key can't be read, if there is one. */
  get unreadableKey(): Place | null {
    for (const { unreadable } of this.partitions.values())
      for (const place of unreadable.values()) return place;
    return null;
  }

  /** The rows of a key: one, none, or one in each of several partitions. */
  of(key: string): readonly TopicRow[] {
    return [...this.partitions.values()].flatMap(({ rows }) => rows.get(key) ?? []);
  }

  /** The rows as they are now, whatever is read later. */
  copy(): TopicRows {
    return new TopicRows(
      this.topicId,
      new Map(
        [...this.partitions].map(([partition, { next, rows, unreadable }]) => [
          partition,
          { next, rows: new Map(rows), unreadable: new Map(unreadable) },
        ]),
      ),
    );
  }
}

function sizeOf(key: string, { value, headers }: TopicRow): number {
  const ofHeaders = headers.reduce(
    (sum, [name, bytes]) => sum + name.length * 2 + bytes.length + bytesOfARow,
    0,
  );
  return key.length * 2 + value.length + ofHeaders + bytesOfARow;
}

/** A view would keep the whole answer alive that it lies in, and a slice of Node's pool all of its 8 KiB. */
function copyOf(bytes: Uint8Array | string): Buffer {
  const from = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  const copy = Buffer.allocUnsafeSlow(from.length);
  copy.set(from);
  return copy;
}

function headersOf(headers: HistoryRecord['headers']): RowHeaders {
  if (headers === null) return noHeaders;
  return Object.entries(headers).map(([name, value]) => [name, copyOf(value ?? '')] as const);
}
const noHeaders: RowHeaders = [];

function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

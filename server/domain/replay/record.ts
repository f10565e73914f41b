/**
 * One record of a history as an adapter delivers it, whatever the history is.
 * `offset` is a position as an exact number (see shared/positions): the hot loop can't afford a bigint a record.
 * It is never copied by spreading, which loses the key and the value of a `SharedRecord`: see `withValue`.
 */
export type HistoryRecord = {
  readonly offset: number;
  /** Milliseconds since the epoch, as the history stamped it. */
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  /** The payload's bytes, decompressed; null is a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, Uint8Array | string | undefined>> | null;
};

/**
 * A record that lies in memory which it shares with others, as in the answer of a broker. `key` and `value` are views
 * that are made when they are asked for: a fold reads the bytes where they are, and a view costs it more than most of
 * what it does with them.
 */
export class SharedRecord implements HistoryRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly headers: HistoryRecord['headers'];
  readonly bytes: Uint8Array;
  /** Where the key begins and ends in `bytes`; both −1 where there is none. */
  readonly keyFrom: number;
  readonly keyTo: number;
  /** Where the value begins and ends; both −1 for a tombstone. */
  readonly valueFrom: number;
  readonly valueTo: number;

  constructor(
    offset: number,
    timestampMs: number,
    bytes: Uint8Array,
    keyFrom: number,
    keyTo: number,
    valueFrom: number,
    valueTo: number,
    headers: HistoryRecord['headers'],
  ) {
    this.offset = offset;
    this.timestampMs = timestampMs;
    this.bytes = bytes;
    this.keyFrom = keyFrom;
    this.keyTo = keyTo;
    this.valueFrom = valueFrom;
    this.valueTo = valueTo;
    this.headers = headers;
  }

  /** Bytes of key and value. */
  get size(): number {
    return this.keyTo - this.keyFrom + this.valueTo - this.valueFrom;
  }

  get key(): Uint8Array | null {
    return this.keyFrom < 0 ? null : this.bytes.subarray(this.keyFrom, this.keyTo);
  }

  get value(): Uint8Array | null {
    return this.valueFrom < 0 ? null : this.bytes.subarray(this.valueFrom, this.valueTo);
  }
}

/** The same record with another value, and with other headers where they are given. */
export function withValue<Value extends Uint8Array | null>(
  { offset, timestampMs, key, headers }: HistoryRecord,
  value: Value,
  otherHeaders: HistoryRecord['headers'] = headers,
): HistoryRecord & { readonly value: Value } {
  return { offset, timestampMs, key, value, headers: otherHeaders };
}

/** Without making a view of the value. */
export function isTombstone(record: HistoryRecord): boolean {
  return record instanceof SharedRecord ? record.valueFrom < 0 : record.value === null;
}

/** Why offsets between two delivered records hold nothing. Only 'missing' means that history is lost. */
export const absenceCauses = ['control', 'aborted', 'compacted', 'missing'] as const;
export type AbsenceCause = (typeof absenceCauses)[number];

/** Offsets `[from, to)` of a partition that delivered no record, and why. */
export type Absence = { readonly from: number; readonly to: number; readonly cause: AbsenceCause };

/** A run of records of one partition, in offset order, with what is absent between them. */
export type RecordBatch = {
  readonly partition: number;
  readonly records: readonly HistoryRecord[];
  readonly absences: readonly Absence[];
  /** Everything before this offset has been delivered or is accounted for in `absences`. */
  readonly next: number;
};

/**
 * One record of a history as an adapter delivers it, whatever the history is.
 * `offset` is a position as an exact number (see shared/positions): the hot loop can't afford a bigint a record.
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

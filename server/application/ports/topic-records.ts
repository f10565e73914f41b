import type { Absence } from '../../domain/replay/index.ts';

/** A record with all that it has: headers in their order, of one name as many as there are; a value may be absent. */
export type WholeRecord = {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [string, Uint8Array | null])[];
};

/** Where a partition begins and ends now. Readable are `[logStart, lastStable)`. */
export type PartitionEnds = {
  /** Of the topic: one of the same name that was made anew has another. */
  readonly topicId: string;
  readonly logStart: bigint;
  readonly lastStable: bigint;
  readonly highWatermark: bigint;
};

/** Of `[from, to)` what is in the log: every offset of it within `[logStart, lastStable)` is a record or an absence. */
export type RecordsFound = {
  readonly ends: PartitionEnds;
  readonly records: readonly WholeRecord[];
  readonly absences: readonly Absence[];
};

/**
 * Looks at single records of any topic. Throws RepriseError history-unavailable where the topic or partition can't be
 * read, naming it.
 */
export interface TopicRecords {
  ends(topic: string, partition: number): Promise<PartitionEnds>;
  /** A few: all of them are in memory. */
  read(
    topic: string,
    partition: number,
    range: { readonly from: bigint; readonly to: bigint },
    signal: AbortSignal,
  ): Promise<RecordsFound>;
  /** How many records stand in `[from, to)`; null: there are more offsets than are worth reading. */
  count(
    topic: string,
    partition: number,
    range: { readonly from: bigint; readonly to: bigint },
    signal: AbortSignal,
  ): Promise<number | null>;
}

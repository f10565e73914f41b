import type { EngineContract, Selector } from '../../domain/contract/index.ts';
import type { HistoryRecord, HistoryState, RecordBatch } from '../../domain/replay/index.ts';

/** What is to be read of one partition: offsets `[from, to)`. */
export type ReadRange = { readonly partition: number; readonly from: bigint; readonly to: bigint };

export type ReadOptions = {
  /** Fails closed (history-recreated) when the history is no longer this one. */
  readonly identity: string;
  /** An event table's finality; null for Kafka. */
  readonly visibleBefore: string | null;
  readonly signal: AbortSignal;
};

/** A named readiness check with its consequence and remedy. 'could-not-run' is never 'passed'. */
export type ReadinessCheck = {
  readonly name: string;
  readonly outcome: 'passed' | 'warning' | 'failed' | 'could-not-run';
  /** What was found, with figures. */
  readonly found: string;
  /** What it would mean for a replay; null where it passed. */
  readonly consequence: string | null;
  readonly remedy: string | null;
};

/**
 * The authoritative log, opened for one contract. It reads and never writes: no offsets are committed, and no
 * consumer group but its own (`reprise-…`) is ever touched.
 */
export interface HistoryReader {
  /** The history as it stands now. Throws RepriseError history-unavailable, saying what could not be reached. */
  describe(): Promise<HistoryState>;

  /** First offset of each partition whose record is at or after the instant (ms since the epoch); the end where none is. */
  offsetsAt(instantMs: number): Promise<readonly { readonly partition: number; readonly offset: bigint }[]>;

  /**
   * Delivers every record of the ranges, per partition in offset order; partitions interleave. `onBatch` is
   * awaited before the next batch of that partition. Resolves when every range is delivered or accounted for.
   * Ranges are checked before, during and after: a log start that has moved past `from` or past the cursor is
   * history-truncated with the exact missing range; offsets that neither arrive nor are explained come as
   * absences with cause 'missing'.
   */
  read(
    ranges: readonly ReadRange[],
    options: ReadOptions,
    onBatch: (batch: RecordBatch) => Promise<void>,
  ): Promise<void>;

  /** Live checks of the history against what the contract needs. */
  readiness(): Promise<readonly ReadinessCheck[]>;

  /** Consumer lag of a group on this history, per partition; null where the group has no commits. */
  groupLag(
    group: string,
  ): Promise<
    readonly { readonly partition: number; readonly committed: bigint | null; readonly end: bigint }[] | null
  >;

  /** Bytes that each partition takes where it is stored, one replica of it; null where Reprise may not know. */
  sizes(): Promise<ReadonlyMap<number, bigint> | null>;

  close(): Promise<void>;
}

/** How far a reader of an event table has come: the last row that it has applied. */
export type TransactionCursor = { readonly transactionId: bigint; readonly position: bigint };

/**
 * What an event table can tell beyond positions, for comparing a derived state whose cursor is
 * (transaction id, position). Batches come in that order, so `next` is only one past the batch's last record and
 * says nothing about the positions before it.
 */
export interface TransactionOrderedReader {
  /** Rows that the plan could not see yet (transaction id ≥ `sinceVisibleBefore`) and the derived state has applied. */
  readApplied(
    sinceVisibleBefore: bigint,
    cursor: TransactionCursor,
    onBatch: (batch: RecordBatch) => Promise<void>,
  ): Promise<void>;

  /** Rows of the plan (transaction id < `visibleBefore`) that the derived state has not applied yet. */
  readUnapplied(
    visibleBefore: bigint,
    cursor: TransactionCursor,
    onBatch: (batch: RecordBatch) => Promise<void>,
  ): Promise<void>;

  /**
   * The first position before `below` of a row that was not final for a plan with `since` and is for one with
   * `before` (`since` ≤ transaction id < `before`); null where there is none.
   */
  firstLate(below: bigint, since: bigint, before: bigint): Promise<bigint | null>;

  /** Every transaction that has written anything by now has an id below. */
  newestBound(): Promise<bigint>;
}

/** What an archive holds of a partition: offsets `[from, to)`, without a hole. */
export type ArchiveReach = { readonly partition: number; readonly from: bigint; readonly to: bigint };

/** What archive and log both held of a partition, `[from, to)`, and was compared, with how many events. Empty where they only meet. */
export type ComparedSeam = ReadRange & { readonly events: number };

/** A history whose beginning stands in an archive. `describe` tells the log alone, `archiveReach` what the archive adds. */
export interface ArchiveBackedReader extends HistoryReader {
  archiveReach(): Promise<readonly ArchiveReach[]>;
  /** Of a partition whose beginning this reader has read from the archive; null of any other. */
  seamOf(partition: number): ComparedSeam | null;
}

/** Turns a record's value bytes into a value. `prepare` fetches what `decode` needs (schemas by id), so that decode can be synchronous. */
export interface ValueDecoder {
  prepare(batch: RecordBatch): Promise<void>;
  /** Throws with a sentence where the bytes can't be decoded. Never called for a tombstone. */
  decode(record: HistoryRecord): unknown;
}

/** Dead letters of a derived state: where an event was parked, by its idempotency key. */
export type DeadLetter = {
  readonly eventId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly cause: string | null;
  readonly timestampMs: number;
};

export interface DeadLetterReader {
  /** Every dead letter now in the topic, oldest first, at most `limit`; `truncated` says that there are more. */
  list(
    topic: string,
    id: Selector,
    cause: Selector | null,
    limit: number,
  ): Promise<{ readonly letters: readonly DeadLetter[]; readonly truncated: boolean }>;
}

export interface HistoryOpener {
  open(contract: EngineContract): Promise<{ readonly reader: HistoryReader; readonly decoder: ValueDecoder }>;
}

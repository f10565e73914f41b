import type { Scope } from './scope.ts';

/** What a history looked like at one moment. Offsets are decimal text, since this goes into the plan. */
export type HistoryState = {
  /** Kafka's topic id, or `schema.table:oid`: tells a recreated history from the one that was planned. */
  readonly identity: string;
  readonly kind: 'kafka' | 'postgres';
  readonly name: string;
  readonly partitions: readonly PartitionState[];
  /** An event table's finality: rows of transactions before this one are complete. null for Kafka. */
  readonly visibleBefore: string | null;
  readonly cleanupPolicy: string | null;
};

export type PartitionState = {
  readonly partition: number;
  readonly logStart: string;
  /** The end of what may be read: the last stable offset, or one past an event table's highest final position. */
  readonly lastStable: string;
  readonly highWatermark: string;
};

/** `[from, to)` of one partition. */
export type PlanRange = {
  readonly partition: number;
  readonly from: string;
  readonly to: string;
  readonly logStart: string;
  readonly lastStable: string;
  /** Records before this offset come from the archive, since retention has removed them. null: none do. */
  readonly archiveUntil: string | null;
};

/** A partition that a plan does not read, as it was: what of the history the plan is about follows from its length. */
export type UnreadPartition = {
  readonly partition: number;
  /** The beginning of what could be had of it, from an archive where one holds more than the log. */
  readonly from: string;
  readonly logStart: string;
  readonly lastStable: string;
};

/**
 * An earlier trusted replay on which a scope that starts later builds. For an event table, where it ends is no
 * position but (transaction id, position): it holds the rows below `visibleBefore` that stand before the range's
 * `from`, and none may stand there that were not final then.
 */
export type PlanBase = {
  readonly replayId: string;
  readonly evidenceDigest: string;
  readonly shadowDigest: string;
  /** The event table's finality that the base was planned with; null for Kafka. */
  readonly visibleBefore: string | null;
};

/** One record, by its place in the history. The offset is decimal text. */
export type Waiver = { readonly partition: number; readonly offset: string };

/**
 * What will run, exactly: frozen, serialised as canonical JSON, and named by its SHA-256, the plan hash.
 * Everything is text, numbers and lists, so that anybody can recompute the hash.
 */
export type Plan = {
  readonly format: 'reprise.plan/v1';
  readonly contract: { readonly id: string; readonly version: number; readonly bundleDigest: string };
  readonly scope: Scope;
  readonly history: {
    readonly kind: 'kafka' | 'postgres';
    readonly name: string;
    readonly identity: string;
    readonly visibleBefore: string | null;
    readonly partitionCount: number;
    readonly cleanupPolicy: string | null;
  };
  readonly ranges: readonly PlanRange[];
  /** Left out where every partition is read, and by plans from before it was written down. */
  readonly unread?: readonly UnreadPartition[];
  readonly base: PlanBase | null;
  readonly compare: readonly string[];
  readonly eventEstimate: string;
  readonly approvalsNeeded: number;
  /** Records that may be quarantined and the replay be trusted all the same; left out where there are none. */
  readonly waivers?: readonly Waiver[];
  /**
   * Random, of a scope by keys alone: the plan hash stands in a record that nobody can take anything out of, and without
   * this it would tell who guesses a key whether it was one. No part of a record, and erased with the keys. Plans from
   * before there was one have none.
   */
  readonly salt?: string;
  readonly plannedAt: string;
};

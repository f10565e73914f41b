import type { Saga } from '../../domain/contract/index.ts';
import type { Oddity, Role, SagaRun, SagaState } from '../../domain/saga/index.ts';
import type { SagaDetail, SagaRow, SagaSummary } from './saga-views.ts';
import type { Transaction } from './unit-of-work.ts';

/** A contract that names a saga, at its latest version. */
export type WatchedSaga = {
  readonly contractId: string;
  readonly version: number;
  readonly title: string;
  readonly saga: Saga;
};

/** How far a contract's history has been followed. */
export type SagaWatch = {
  readonly identity: string;
  /** Of an event table: rows of transactions before it have been followed. */
  readonly visibleBefore: string | null;
  readonly toldStuck: number;
  readonly problem: string | null;
  readonly cursors: ReadonlyMap<number, bigint>;
};

export type KeptEvent = {
  readonly key: string;
  readonly eventId: string;
  readonly type: string;
  readonly offset: number;
  readonly atMs: number;
  readonly roles: readonly Role[];
  readonly oddities: readonly Oddity[];
};

export type KeptRun = { readonly run: SagaRun; readonly lastType: string; readonly lastOffset: number };

/** What was found in a stretch of one partition. */
export type FollowedStretch = {
  readonly contractId: string;
  readonly identity: string;
  readonly partition: number;
  readonly events: readonly KeptEvent[];
  readonly runs: readonly KeptRun[];
  /** Where the cursor has to stand for this to be true; null: it is the first stretch, or order is not by offset. */
  readonly from: bigint | null;
  readonly next: bigint;
  readonly missed: bigint;
  readonly unread: bigint;
};

/**
 * A range of a partition that is gone: before it was followed, by retention, or after it was, where a broker came back
 * without it. [from, to).
 */
export type SagaGap = {
  readonly partition: number;
  readonly kind: 'expired' | 'truncated';
  readonly from: bigint;
  readonly to: bigint;
};

export type Stuck = {
  readonly count: number;
  /** Whether others are stuck than before. */
  readonly changed: boolean;
  readonly oldest: { readonly key: string; readonly step: string | null; readonly startedAt: Date } | null;
};

export interface SagaStore {
  watched(tx: Transaction): Promise<readonly WatchedSaga[]>;
  /** null: nothing has been followed yet. */
  watch(tx: Transaction, contractId: string): Promise<SagaWatch | null>;
  /** Begins at the beginning of a history that is not the one that was followed. What was found stays. */
  begin(tx: Transaction, contractId: string, identity: string): Promise<void>;
  /**
   * Moves the cursor over what is gone, and keeps that it is. Throws RepriseError lease-lost where the cursor stands
   * elsewhere.
   */
  skip(
    tx: Transaction,
    contractId: string,
    move: { readonly cursor: bigint; readonly next: bigint; readonly gap: SagaGap; readonly at: Date },
  ): Promise<void>;
  /** Those of these offsets at which an event is kept, with its id. */
  keptAt(
    tx: Transaction,
    contractId: string,
    identity: string,
    partition: number,
    offsets: readonly number[],
  ): Promise<ReadonlyMap<number, string>>;
  /** The sagas of these keys, with those of these event ids that each has seen. */
  runs(
    tx: Transaction,
    contractId: string,
    keys: readonly string[],
    eventIds: readonly string[],
  ): Promise<ReadonlyMap<string, SagaRun>>;
  /** Throws RepriseError lease-lost where the cursor stands elsewhere: another worker has gone on. */
  keep(tx: Transaction, stretch: FollowedStretch): Promise<void>;
  /** Marks those as stuck that began before `before` and have not ended, and no others. */
  markStuck(tx: Transaction, contractId: string, before: Date): Promise<Stuck>;
  /**
   * Of contracts that name no saga any more nothing is stuck: answers those of which something was told to be, once.
   * In a transaction that reads what is watched, too.
   */
  forgetUnwatched(tx: Transaction, watched: readonly string[]): Promise<readonly string[]>;
  /** That the history was followed to where it ended at this moment. `unread`: of an event table, what this turn could not read. */
  followed(
    tx: Transaction,
    contractId: string,
    at: {
      readonly followedAt: Date;
      readonly visibleBefore: string | null;
      readonly toldStuck: number;
      readonly unread: bigint;
    },
  ): Promise<void>;
  /**
   * Takes away sagas that ended before `before` and of which nothing came since, with their events, and gaps found
   * before; so many at a time. Those that have not ended stay. Answers how many sagas went.
   */
  sweep(tx: Transaction, before: Date): Promise<number>;
  /** Why it can't be followed. Answers whether that is news. */
  cannotFollow(tx: Transaction, contractId: string, problem: string): Promise<boolean>;
}

export type SagaFilter = {
  readonly contractId?: string | undefined;
  /** `attention`: stuck, or with a compensation that failed. */
  readonly state?: SagaState | 'attention' | undefined;
  /** Exactly this ordering key. */
  readonly key?: string | undefined;
  /** Only those of which an event said what the steps do not allow. */
  readonly odd?: boolean | undefined;
};

/** Where a list of sagas ended: the time that it is ordered by, the contract and the key. */
export type SagaPlace = readonly [at: string, contractId: string, key: string];

/** What pages read of sagas. */
export interface SagaReads {
  summaries(tx: Transaction): Promise<readonly SagaSummary[]>;
  /** What waits for somebody first the oldest, everything else first what happened last. */
  list(
    tx: Transaction,
    filter: SagaFilter,
    after: SagaPlace | null,
    limit: number,
  ): Promise<readonly SagaRow[]>;
  detail(tx: Transaction, contractId: string, key: string): Promise<SagaDetail | null>;
}

import type {
  AgreementStatus,
  ConfidenceReason,
  ConfidenceStatus,
  Counters,
  Coverage,
  Finding,
  FindingKind,
  FoundRange,
  Plan,
  ReplayStatus,
  Scope,
} from '../../domain/replay/index.ts';
import type { Transaction } from './unit-of-work.ts';

export type ReplayIntent = 'run' | 'pause' | 'cancel';

export type ReplayRow = {
  readonly id: string;
  readonly contractId: string;
  readonly contractVersion: number;
  /** Canonical JSON, as it was hashed; null where planning was refused. */
  readonly planText: string | null;
  readonly plan: Plan | null;
  readonly planHash: string | null;
  readonly scope: Scope;
  readonly status: ReplayStatus;
  readonly intent: ReplayIntent;
  readonly resumeStatus: ReplayStatus | null;
  readonly rateLimit: number | null;
  readonly requestedBy: string;
  readonly reason: string;
  readonly requestedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly failureCode: string | null;
  readonly failure: string | null;
  /** Who called it off, and why; null where nobody did. */
  readonly cancelledBy: string | null;
  readonly cancelReason: string | null;
  readonly counters: Counters | null;
  readonly coverage: Coverage | null;
  readonly shadowDigest: string | null;
  readonly historyDigest: string | null;
  readonly evidenceId: string | null;
  readonly confidence: ConfidenceStatus | null;
};

export type NewReplay = Pick<
  ReplayRow,
  | 'id'
  | 'contractId'
  | 'contractVersion'
  | 'planText'
  | 'planHash'
  | 'plan'
  | 'scope'
  | 'status'
  | 'rateLimit'
  | 'requestedBy'
  | 'reason'
  | 'failureCode'
  | 'failure'
>;

/** What changes of a replay row; what is left out stays. */
export type ReplayChange = {
  readonly status?: ReplayStatus;
  readonly intent?: ReplayIntent;
  readonly resumeStatus?: ReplayStatus | null;
  readonly rateLimit?: number | null;
  readonly failureCode?: string | null;
  readonly failure?: string | null;
  readonly cancelledBy?: string;
  readonly cancelReason?: string;
  readonly counters?: Counters;
  readonly shadowDigest?: string;
  readonly historyDigest?: string;
  readonly confidence?: ConfidenceStatus;
  readonly confidenceReasons?: readonly ConfidenceReason[];
  readonly agreement?: AgreementStatus;
  readonly coverage?: Coverage;
  readonly discrepancies?: number;
  readonly evidenceId?: string;
};

/** Who holds a piece of work. The token only grows; a write with an older one is refused. */
export type Lease = { readonly owner: string; readonly token: bigint };

export type PartitionWork = {
  readonly replayId: string;
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
  readonly cursor: bigint;
  readonly counters: Counters;
  readonly blockDigests: Uint8Array;
  readonly checkpoints: number;
  readonly lease: Lease;
};

export type PartitionRow = Omit<PartitionWork, 'lease'> & {
  readonly status: 'waiting' | 'folding' | 'folded';
  readonly leased: boolean;
  readonly seam: SeamCompared | null;
};

/** What archive and log both held of a partition, `[from, to)` in decimal text, and was compared. */
export type SeamCompared = { readonly from: string; readonly to: string; readonly events: number };

export type ShadowRow = {
  readonly key: string;
  /** Canonical JSON of the state. */
  readonly state: string;
  readonly lastOffset: bigint;
  readonly events: bigint;
};

/**
 * `spread`: the key's events, or other deliveries of their ids, stand in several partitions, and were folded
 * together when these were merged.
 */
export type PlacedShadowRow = ShadowRow & { readonly partition: number; readonly spread: boolean };

/** Everything that one checkpoint commits, in one transaction, or not at all. */
export type Checkpoint = {
  /** How many checkpoints of this partition it builds upon, all of which have to be there still. */
  readonly follows: number;
  readonly cursor: bigint;
  readonly counters: Counters;
  readonly shadow: readonly ShadowRow[];
  /** Entries added to the seen table since the last checkpoint, packed (see domain/replay seen-table). */
  readonly seen: Uint8Array;
  readonly blockDigests: Uint8Array;
  /** A range that an earlier checkpoint has told of comes again where it has grown. */
  readonly findings: readonly Finding[];
  /** Exact counts since the last checkpoint, of which `findings` may hold only the first ones. */
  readonly findingCounts: ReadonlyMap<FindingKind, number>;
  /** null leaves what an earlier checkpoint has said: who takes a partition up again may need no archive any more. */
  readonly seam: SeamCompared | null;
  readonly done: boolean;
  readonly spentMs: number;
  readonly eventsPerSecond: number | null;
};

export type CommitOutcome = 'committed' | 'lease-lost';

/** What a worker follows while it folds. */
export type ReplayControl = {
  readonly status: ReplayStatus;
  readonly intent: ReplayIntent;
  readonly rateLimit: number | null;
  /** Partitions being folded now, over all workers: a rate limit is divided by them. */
  readonly folding: number;
};

/** What the reaper finds lying about. */
export type Unattended = {
  readonly folds: readonly { readonly replayId: string; readonly unclaimed: number; readonly idle: number }[];
  /** Replays that are to pause; whether somebody still folds them has to be looked at. */
  readonly pausing: readonly string[];
  readonly phases: readonly string[];
  readonly traces: readonly string[];
};

/** Replays as rows: what people asked for and where it stands. */
export interface ReplayStore {
  /** False where the id is taken: then nothing was written. Waits for whoever is about to take it. */
  insert(tx: Transaction, replay: NewReplay): Promise<boolean>;
  find(tx: Transaction, id: string): Promise<ReplayRow | null>;
  /** What was erased of it, as a sentence, so that nothing goes on from it; null: nothing was. */
  erasedWhy(tx: Transaction, id: string): Promise<string | null>;
  /** Reads and locks the row until the transaction ends, so that two decisions about a replay follow each other. */
  lock(tx: Transaction, id: string): Promise<ReplayRow | null>;
  change(tx: Transaction, id: string, change: ReplayChange): Promise<void>;
  partitions(tx: Transaction, id: string): Promise<readonly PartitionRow[]>;
  /** Earlier ended replays of this bundle that could be a base, latest first. */
  baseCandidates(
    tx: Transaction,
    contractId: string,
    bundleDigest: string,
  ): Promise<readonly BaseCandidate[]>;
  /** Bare figures of the last finished replays of a contract that nothing held up: what an estimate is made from. */
  pastRates(
    tx: Transaction,
    contractId: string,
  ): Promise<readonly { readonly events: number; readonly ms: number }[]>;
  lastPlan(tx: Transaction, contractId: string): Promise<Plan | null>;
  /** Keeps a plan that was shown, by its hash, and forgets those whose time is over. */
  keepShown(tx: Transaction, shown: ShownPlan & { readonly hash: string }, forMs: number): Promise<void>;
  findShown(tx: Transaction, hash: string): Promise<ShownPlan | null>;
}

/** A plan as somebody was shown it, with its bytes and what it covers. */
export type ShownPlan = { readonly plan: Plan; readonly text: string; readonly coverage: Coverage };

export type BaseCandidate = {
  readonly replayId: string;
  readonly plan: Plan;
  readonly evidenceDigest: string;
  readonly shadowDigest: string;
};

/** The fold's own rows: partitions with their leases, shadow states, seen ids. */
export interface FoldStore {
  /** Takes a fair share of the unclaimed partitions; none where there is nothing to take or the replay does not run. */
  claim(tx: Transaction, replayId: string, owner: string, leaseMs: number): Promise<readonly PartitionWork[]>;
  /** Prolongs; answers the partitions still held. */
  renew(tx: Transaction, works: readonly PartitionWork[], leaseMs: number): Promise<readonly number[]>;
  release(tx: Transaction, work: PartitionWork): Promise<void>;
  control(tx: Transaction, replayId: string): Promise<ReplayControl | null>;
  /**
   * Writes nothing and says lease-lost when the lease has passed to another, or when a checkpoint that this one
   * builds upon is no longer there, as after a crash or a failover of the database: then the partition is to be taken
   * up again from what is there.
   */
  commit(
    tx: Transaction,
    work: PartitionWork,
    checkpoint: Checkpoint,
    base: string | null,
  ): Promise<CommitOutcome>;
  /** Shadow rows of a partition in key order, in batches. */
  shadow(tx: Transaction, replayId: string, partition: number): AsyncIterable<readonly ShadowRow[]>;
  /** Seen ids of a partition, in the order in which they were added. */
  seen(tx: Transaction, replayId: string, partition: number): AsyncIterable<Uint8Array>;
  /** How many bytes `seen` gives over all partitions, packed as they are. */
  seenBytes(tx: Transaction, replayId: string): Promise<number>;
  findingCounts(
    tx: Transaction,
    replayId: string,
    partition: number,
  ): Promise<ReadonlyMap<FindingKind, number>>;
  /** The ranges that findings in detail are about. */
  foundRanges(tx: Transaction, replayId: string, partition: number): Promise<readonly FoundRange[]>;
  /** Moves a replay whose partitions are all folded on to merging; false where it is not so far. */
  finishFolding(tx: Transaction, replayId: string): Promise<boolean>;
}

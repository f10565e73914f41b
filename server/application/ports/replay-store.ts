import type { Counters, Finding, FindingKind, Plan, ReplayStatus, Scope } from '../../domain/replay/index.ts';

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
  readonly intent: 'run' | 'pause' | 'cancel';
  readonly resumeStatus: ReplayStatus | null;
  readonly rateLimit: number | null;
  readonly requestedBy: string;
  readonly reason: string;
  readonly requestedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly failureCode: string | null;
  readonly failure: string | null;
  readonly counters: Counters | null;
  readonly shadowDigest: string | null;
  readonly historyDigest: string | null;
  readonly evidenceId: string | null;
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
  readonly lease: Lease;
};

export type ShadowRow = {
  readonly key: string;
  /** Canonical JSON of the state. */
  readonly state: string;
  readonly lastOffset: bigint;
  readonly events: bigint;
};

/** Everything that one checkpoint commits, in one transaction, or not at all. */
export type Checkpoint = {
  readonly cursor: bigint;
  readonly counters: Counters;
  readonly shadow: readonly ShadowRow[];
  /** Entries added to the seen table since the last checkpoint, packed (see domain/replay seen-table). */
  readonly seen: Uint8Array;
  readonly blockDigests: Uint8Array;
  readonly findings: readonly Finding[];
  /** Exact counts since the last checkpoint, of which `findings` may hold only the first ones. */
  readonly findingCounts: ReadonlyMap<FindingKind, number>;
  readonly done: boolean;
  readonly spentMs: number;
  readonly eventsPerSecond: number | null;
};

export type CommitOutcome = 'committed' | 'lease-lost';

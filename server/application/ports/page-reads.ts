import type { Comparison, Discrepancy, Explanation } from '../../domain/reconciliation/index.ts';
import type { FindingKind } from '../../domain/replay/index.ts';
import type {
  AuditRow,
  ContractDetail,
  ContractSummary,
  ErasureView,
  EvidenceDetail,
  EvidenceHistory,
  EvidenceSummary,
  FindingRow,
  OpenReplays,
  Page,
  ReplayComparison,
  ReplayDetail,
  ReplaySummary,
} from '../views.ts';
import type { ContractProblem } from './contracts.ts';
import type { AuditFilter, EvidenceFilter, PageRequest, ReplayFilter, StatesFilter } from './dashboard.ts';
import type { ReadinessCheck } from './history.ts';
import type { Transaction } from './unit-of-work.ts';

export type * from '../views.ts';

export type DiscrepancyChanges = NonNullable<ReplayComparison['discrepancies']>;

/** The replay whose shadow state stands for history on the states page. */
export type Standing = {
  readonly replay: ReplaySummary;
  /** It ran the contract's latest version, or one with the same code. */
  readonly ofLatestCode: boolean;
  /** When its history ended, ISO 8601; null where there was no plan. */
  readonly plannedAt: string | null;
  /** Where its history ends: the next offset per partition, decimal text. */
  readonly historyEnd: readonly { readonly partition: number; readonly next: string }[];
  readonly comparisons: readonly Comparison[];
  readonly unexplained: number;
};

/** A key with its replayed state and what differs, before the contract has been asked what that state means. */
export type KeyRow = {
  readonly key: string;
  /** Of the partition that holds its state; null where history never named the key. */
  readonly partition: number | null;
  readonly state: unknown;
  /** Offset of the last event that touched it, decimal text; null where history never named the key. */
  readonly lastOffset: string | null;
  /** Its events stand in several partitions. */
  readonly spread: boolean;
  /** The largest of its discrepancies; 0 where there is none. */
  readonly magnitude: number;
  readonly discrepancies: readonly (Pick<Discrepancy, 'derivedState' | 'kind' | 'fields'> & {
    readonly explanation: Explanation | null;
  })[];
};

export type TraceRow = {
  readonly status: 'queued' | 'reading' | 'ready' | 'failed';
  readonly steps: unknown;
  readonly problem: string | null;
};

/** A contract with the comparisons of its last proof: what the overview is made from. */
export type ContractStanding = {
  readonly contract: ContractSummary;
  readonly proof: Standing | null;
};

/** Replays that have not ended, first those that are paused or wait out a fault, then the newest: 50 of them. */
export type RunningReplays = {
  readonly rows: readonly ReplaySummary[];
  readonly total: number;
  /** How many of all are paused or wait out a fault. */
  readonly halted: number;
};

export type EvidenceAge = Pick<EvidenceHistory, 'contractId' | 'maxAgeHours' | 'latestTrusted'>;

/** What pages read of Reprise's own database. No method scans a history, and lists are keyset-paginated. */
export interface PageReads {
  contracts(): Promise<readonly ContractSummary[]>;
  contract(id: string): Promise<ContractDetail | null>;
  /** Every contract whose file is there, with its last proof. */
  standings(): Promise<readonly ContractStanding[]>;
  problems(): Promise<readonly ContractProblem[]>;
  runningReplays(): Promise<RunningReplays>;
  workers(): Promise<{ readonly alive: number; readonly threads: number }>;

  replays(filter: ReplayFilter, page: PageRequest): Promise<Page<ReplaySummary>>;
  /** Of those that the filter lets through. */
  openReplays(filter: ReplayFilter): Promise<OpenReplays>;
  replay(id: string): Promise<ReplayDetail | null>;
  findings(replayId: string, kind: FindingKind | undefined, page: PageRequest): Promise<Page<FindingRow>>;

  /**
   * The named replay, or else the latest finished one: one over the whole history before one over a part, and one
   * of the latest version's code before one of another.
   */
  standing(contractId: string, replayId: string | undefined): Promise<Standing | null>;
  keyRows(replayId: string, filter: StatesFilter, page: PageRequest): Promise<Page<KeyRow>>;
  keyRow(replayId: string, key: string): Promise<KeyRow | null>;
  /** How the discrepancies of two replays of one contract differ; the rows are the largest `limit` that changed. */
  discrepancyChanges(before: string, after: string, limit: number): Promise<DiscrepancyChanges>;
  trace(replayId: string, key: string): Promise<TraceRow | null>;
  /** What was erased of a replay and of what stands on it, the newest first. */
  erasuresOf(replayId: string): Promise<readonly ErasureView[]>;
  /** The newest that took this key, or every key; null: none did. */
  erasureOfKey(replayId: string, key: string): Promise<ErasureView | null>;

  /** `searchWords`: what people said in words is searched too. */
  evidence(
    filter: EvidenceFilter & { readonly searchWords?: boolean },
    page: PageRequest,
  ): Promise<Page<EvidenceSummary>>;
  evidenceRecord(id: string): Promise<EvidenceDetail | null>;
  /** The stored bytes as text; null where nothing of that name is attached, or it was erased. */
  evidenceAttachment(id: string, name: string): Promise<string | null>;
  evidenceFacets(): Promise<{
    readonly contracts: readonly string[];
    readonly requesters: readonly string[];
    readonly approvers: readonly string[];
    /** Of how many replays rows were erased: by those no key is found. */
    readonly erasedReplays: number;
  }>;

  /** Of each registered contract, or of one: how old trusted evidence may be, and when the latest was recorded. */
  evidenceAges(contractId?: string): Promise<readonly EvidenceAge[]>;
  /** Months with their verdicts since an instant, and where trusted evidence was missing for longer than so many hours. */
  evidenceOverTime(
    contractId: string,
    window: { readonly since: Date; readonly until: Date; readonly maxAgeHours: number | null },
  ): Promise<Pick<EvidenceHistory, 'months' | 'gaps' | 'gapCount' | 'gapsDrawn'>>;

  audit(filter: AuditFilter, page: PageRequest): Promise<Page<AuditRow>>;
  /** Every action that was ever done, for the filter. */
  auditActions(): Promise<readonly string[]>;
}

/** The last result of a contract's readiness checks. */
export interface ReadinessStore {
  save(
    tx: Transaction,
    result: {
      readonly contractId: string;
      readonly version: number;
      readonly checks: readonly ReadinessCheck[];
      readonly checkedAt: Date;
    },
  ): Promise<void>;
}

/** One thing that Reprise depends on. Never throws: unreachable is an answer. */
export type DependencyProbe = {
  readonly name: string;
  check(): Promise<{
    readonly status: 'up' | 'down' | 'not-configured';
    readonly detail: string;
  }>;
};

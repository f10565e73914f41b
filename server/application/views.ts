/**
 * What pages and the command line read. Plain data, safe for JSON: positions are decimal text, instants ISO 8601.
 * `null` is "not known yet" or "does not apply", and never zero.
 */

import type { Decision, LookChange, Standing } from '../domain/approval/index.ts';
import type { ErasedPart } from '../domain/erasure/index.ts';
import type { AgeBudget, RecordStatus, Remarks } from '../domain/evidence/index.ts';
import type {
  Candidate,
  Comparison,
  DiscrepancyKind,
  Explanation,
  FieldDifference,
  InvariantResult,
} from '../domain/reconciliation/index.ts';
import type {
  AgreementStatus,
  ConfidenceReason,
  ConfidenceStatus,
  Counters,
  Coverage,
  Finding,
  FindingKind,
  Plan,
  Prediction,
  ReplayStatus,
  Scope,
} from '../domain/replay/index.ts';
import type { ReadinessCheck } from './ports/history.ts';

/** Keyset pages: `next` is an opaque cursor, null at the end. */
export type Page<Row> = { readonly rows: readonly Row[]; readonly next: string | null };

/** What was erased of a replay, and of what stands on it. Where values were, this is what is said instead. */
export type ErasureView = {
  readonly id: string;
  readonly at: string;
  /** `by policy of 90 days`, or `by subject`. */
  readonly by: string;
  readonly reason: string;
  readonly counts: readonly { readonly part: ErasedPart; readonly count: number }[];
  /** Rows are gone, so that nothing goes on from the replay: no promotion, no undoing, no later replay. */
  readonly unusable: boolean;
  /** The attachments that are gone, each as the record's id, a slash and the name. */
  readonly attachments: readonly string[];
};

export type ReplaySummary = {
  readonly id: string;
  readonly contractId: string;
  readonly contractTitle: string;
  readonly contractVersion: number;
  readonly scope: Scope;
  readonly status: ReplayStatus;
  readonly intent: 'run' | 'pause' | 'cancel';
  readonly planHash: string | null;
  readonly requestedBy: string;
  readonly approvedBy: readonly string[];
  readonly requestedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly eventsProcessed: number;
  readonly eventEstimate: number | null;
  readonly duplicates: number;
  readonly discrepancies: number | null;
  readonly confidence: ConfidenceStatus | null;
  readonly agreement: AgreementStatus | null;
  readonly coverage: Coverage | null;
  readonly failure: { readonly code: string; readonly sentence: string } | null;
  /** A passing fault that it waits out; null while all is well. */
  readonly problem: {
    readonly sentence: string;
    /** How often in a row. */
    readonly retries: number;
    readonly retryAt: string | null;
  } | null;
  readonly evidenceId: string | null;
};

export type PartitionProgress = {
  readonly partition: number;
  readonly from: string;
  readonly to: string;
  readonly cursor: string;
  readonly status: 'waiting' | 'folding' | 'folded';
  readonly worker: string | null;
  /** The lease ran out and nobody has taken the partition up again yet. */
  readonly leaseExpired: boolean;
  readonly takenOver: number;
  readonly counters: Counters;
  readonly eventsPerSecond: number | null;
  readonly secondsLeft: number | null;
};

/** How many replays have not ended, by where they stand; a status that none has is not among them. */
export type OpenReplays = readonly { readonly status: ReplayStatus; readonly count: number }[];

/** One replay, live or ended. */
export type ReplayDetail = ReplaySummary & {
  readonly reason: string;
  readonly plan: Plan | null;
  readonly planText: string | null;
  /** Keys of its scope were erased from it since, so that it has another hash than it ran by. */
  readonly planErased: boolean;
  /** The newest first. */
  readonly erasures: readonly ErasureView[];
  readonly rateLimit: number | null;
  readonly counters: Counters;
  readonly confidenceReasons: readonly ConfidenceReason[];
  readonly partitions: readonly PartitionProgress[];
  /** In the whole fleet, whichever replay they are at: without one none goes on. */
  readonly workersAlive: number;
  readonly eventsPerSecond: number | null;
  readonly secondsLeft: number | null;
  /** As it was to be expected when it was requested; null without a plan. */
  readonly prediction: Prediction | null;
  readonly findings: readonly { readonly kind: FindingKind; readonly count: number }[];
  readonly comparisons: readonly Comparison[];
  readonly invariants: readonly InvariantResult[];
  readonly explained: {
    readonly explained: number;
    readonly unexplained: number;
    readonly notSearched: number;
  } | null;
  readonly shadowDigest: string | null;
  readonly historyDigest: string | null;
  readonly log: readonly {
    readonly at: string;
    readonly actor: string;
    readonly action: string;
    readonly detail: string;
  }[];
  /** What can be done now, and why not. */
  readonly actions: readonly {
    readonly action: 'pause' | 'resume' | 'cancel' | 'set-rate';
    readonly allowed: boolean;
    readonly why: string | null;
  }[];
};

/**
 * What became of a difference from one replay to another. Where only one of the two has it, it is settled or new if the
 * other has compared that key of that state, and else nothing is known of it there.
 */
export type DifferenceCourse =
  | 'settled'
  | 'not-compared-any-more'
  | 'new'
  | 'not-compared-before'
  | 'changed';

/** One difference of a derived state, in one replay beside another. null: it did not differ there, or was not compared. */
export type DiscrepancyChange = {
  readonly key: string;
  readonly derivedState: string;
  readonly became: DifferenceCourse;
  readonly before: { readonly kind: DiscrepancyKind; readonly fields: readonly FieldDifference[] } | null;
  readonly after: { readonly kind: DiscrepancyKind; readonly fields: readonly FieldDifference[] } | null;
};

/** Two replays side by side, the older one first. */
export type ReplayComparison = {
  readonly before: ReplayDetail;
  readonly after: ReplayDetail;
  /** What the two plans have unlike each other, as sentences. */
  readonly planChanges: readonly string[];
  /** null: of different contracts, without comparison, erased, or too many to be joined on a page's behalf. */
  readonly discrepancies: {
    /** In the older one only; the newer one has compared the key. */
    readonly settled: number;
    /** In the older one only; the newer one has not compared the key, or not in that state. */
    readonly notComparedAnyMore: number;
    /** In the newer one only; the older one has compared the key. */
    readonly appeared: number;
    /** In the newer one only; the older one had not compared the key, or not in that state. */
    readonly notComparedBefore: number;
    /** In both, with other figures. */
    readonly changed: number;
    readonly same: number;
    /** The first of all but the same ones, the largest first. */
    readonly rows: readonly DiscrepancyChange[];
  } | null;
};

/** What a plan would read, before it is launched. */
export type PlanPreview = {
  readonly outcome: 'ready' | 'refused';
  readonly plan: Plan | null;
  readonly planHash: string | null;
  readonly eventEstimate: number | null;
  /** From the rate of earlier replays of this contract; null where there is none. */
  readonly estimatedSeconds: number | null;
  readonly estimateBasis: string | null;
  readonly coverage: Coverage | null;
  readonly derivedStates: readonly string[];
  readonly problem: {
    readonly code: string;
    readonly sentence: string;
    readonly where: string | null;
  } | null;
  readonly warnings: readonly string[];
  /** What differs from the last plan of this contract, as sentences. */
  readonly changesSinceLast: readonly string[];
};

export type ContractSummary = {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly version: number;
  readonly digest: string;
  readonly history: { readonly kind: 'kafka' | 'postgres'; readonly name: string };
  readonly derivedStates: readonly string[];
  /** The kinds of scope that it may be replayed by. */
  readonly allowedScopes: readonly string[];
  readonly registeredAt: string;
  /** Since when there is no file of it under contracts/; null: there is one. */
  readonly goneAt: string | null;
  readonly readiness: {
    readonly passed: number;
    readonly warnings: number;
    readonly failed: number;
    readonly couldNotRun: number;
    readonly checkedAt: string;
  } | null;
  readonly lastReplay: ReplaySummary | null;
  /**
   * The last finished replay over the whole history that ran the code of the latest version; of another version's
   * code only where there is none.
   */
  readonly lastProof:
    | (ReplaySummary & {
        readonly ofLatestCode: boolean;
        /** What came of comparing each derived state that it was compared with. */
        readonly compared: readonly Pick<Comparison, 'derivedState' | 'outcome'>[];
      })
    | null;
};

/** One of the seven answers, or part of one, as pages show it. */
export type AnswerLine = { readonly label: string; readonly value: string };
export type SevenAnswers = {
  readonly history: readonly AnswerLine[];
  readonly ordering: readonly AnswerLine[];
  readonly idempotency: readonly AnswerLine[];
  readonly projection: readonly AnswerLine[];
  readonly scope: readonly AnswerLine[];
  readonly invariants: readonly AnswerLine[];
  readonly evidence: readonly AnswerLine[];
};

export type ContractVersionView = {
  readonly version: number;
  readonly digest: string;
  readonly authors: readonly string[];
  readonly registeredAt: string;
  /** Against the version before: field, before, after. Empty for the first. */
  readonly changes: readonly {
    readonly field: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
};

export type ContractDetail = ContractSummary & {
  readonly authors: readonly string[];
  /** That some of the authors are nobody here, and what follows; null where every one is somebody. */
  readonly authorsProblem: string | null;
  readonly answers: SevenAnswers;
  readonly versions: readonly ContractVersionView[];
  readonly readinessChecks: readonly ReadinessCheck[];
  readonly eventTypes: readonly { readonly type: string; readonly versions: readonly number[] }[];
};

/** The live pipeline of a contract: history → projection → derived states, with lag on the edges. */
export type PipelineView = {
  readonly asOf: string;
  /** Offsets that were written since the end of the last proof; null where there is none, or it can't be known. */
  readonly offsetsSinceProof: string | null;
  readonly history: {
    readonly kind: 'kafka' | 'postgres';
    readonly name: string;
    readonly reachable: boolean;
    readonly problem: string | null;
    readonly partitions: readonly {
      readonly partition: number;
      readonly logStart: string;
      readonly lastStable: string;
      readonly highWatermark: string;
    }[];
  };
  readonly derivedStates: readonly {
    readonly name: string;
    readonly title: string;
    readonly reachable: boolean;
    readonly problem: string | null;
    /** Events of the history not applied yet; null where it can't be known. */
    readonly lag: string | null;
    readonly positions: readonly {
      readonly partition: number;
      readonly next: string;
      /** Where the history ends; null, as the lag, while it is out of reach. */
      readonly end: string | null;
      readonly lag: string | null;
    }[];
    readonly consumerGroup: string | null;
    readonly deadLetterTopic: string | null;
    readonly deadLetters: number | null;
    /** There are more than were counted. */
    readonly moreDeadLetters: boolean;
    /** From the last comparison; null where there was none. */
    readonly proof: {
      readonly outcome: Comparison['outcome'];
      readonly differing: number;
      readonly at: string;
      readonly replayId: string;
    } | null;
  }[];
};

/** A side of the states page: one derived state beside what history says. */
export type StatesView = {
  readonly contractId: string;
  readonly contractTitle: string;
  /** The replay whose shadow state stands for history; null where none has ended. */
  readonly replay: ReplaySummary | null;
  /** Of that replay, the newest first. */
  readonly erasures: readonly ErasureView[];
  /** Where that replay's history ends: the next offset per partition. Empty where no replay has ended. */
  readonly historyEnd: readonly { readonly partition: number; readonly next: string }[];
  readonly comparisons: readonly Comparison[];
  readonly fields: readonly {
    readonly derivedState: string;
    readonly title: string;
    readonly fields: readonly string[];
  }[];
  readonly keysTotal: number;
  readonly keysDiffering: number;
  readonly unexplained: number;
};

/**
 * How what history said of a key where a derived state was compared relates to what it says at the replay's end:
 * the same figures, or those of an earlier or a later position.
 */
export type KeyStanding = 'at-end' | 'behind' | 'beyond';

/** One key on the states page: what history says, and each derived state beside it. */
export type StateRow = {
  readonly key: string;
  readonly differs: boolean;
  readonly magnitude: number;
  /** At the replay's end; without the fields of a state that should have no row of this key there. */
  readonly history: readonly { readonly field: string; readonly value: FieldDifference['history'] }[];
  readonly cells: readonly {
    readonly derivedState: string;
    readonly kind: DiscrepancyKind | 'equal' | 'not-compared';
    readonly standing: KeyStanding;
    /** Both sides at the position compared at. A field that agreed there, at figures not kept, is left out. */
    readonly fields: readonly FieldDifference[];
    readonly explanation: Explanation | null;
  }[];
};

/** One step in the life of a key. */
export type TraceStep = {
  readonly partition: number;
  readonly offset: string;
  readonly at: string | null;
  readonly eventId: string | null;
  readonly eventType: string | null;
  readonly version: number | null;
  readonly outcome: 'applied' | 'duplicate' | 'conflicting-duplicate' | 'filtered' | 'quarantined';
  readonly duplicateOf: string | null;
  readonly detail: string | null;
  /** Fields of the derived states' expectations before and after; empty values where nothing changed. */
  readonly before: Readonly<Record<string, string | number | boolean | null>>;
  readonly after: Readonly<Record<string, string | number | boolean | null>>;
  readonly deadLetters: readonly {
    readonly derivedState: string;
    readonly topic: string;
    readonly offset: string;
    readonly cause: string | null;
  }[];
  /** Derived states for which this event is the explanation. */
  readonly explains: readonly {
    readonly derivedState: string;
    readonly cause: Candidate['cause'];
    readonly certainty: Candidate['certainty'];
  }[];
};

export type KeyView = {
  readonly replay: ReplaySummary;
  readonly erasures: readonly ErasureView[];
  readonly historyEnd: StatesView['historyEnd'];
  readonly comparisons: readonly Comparison[];
  readonly row: StateRow;
  readonly partition: number | null;
  readonly state: unknown;
  readonly trace: {
    readonly status: 'none' | 'queued' | 'reading' | 'ready' | 'failed';
    readonly problem: string | null;
    readonly steps: readonly TraceStep[];
  };
  /** Who would read its events, where these are asked for. */
  readonly workersAlive: number;
};

export type EvidenceSummary = {
  readonly id: string;
  readonly kind: string;
  readonly contractId: string;
  readonly replayId: string | null;
  readonly digest: string;
  readonly status: RecordStatus;
  readonly confidence: ConfidenceStatus | null;
  readonly agreement: AgreementStatus | null;
  readonly coverageKind: 'whole' | 'part' | null;
  readonly eventsProcessed: number | null;
  readonly duplicatesSkipped: number | null;
  readonly projectionsChanged: number | null;
  readonly reconciliationFailures: number | null;
  readonly requestedBy: string;
  /** Whose approvals counted. */
  readonly approvedBy: readonly string[];
  readonly recordedAt: string;
  /** Made by a program for measuring: it is evidence of nothing. */
  readonly generated: boolean;
};

/** What a record found, without its bytes. */
export type EvidenceView = EvidenceSummary & {
  readonly erasures: readonly ErasureView[];
  /** Sentences; empty where the record is of a kind that has none. */
  readonly doesNotProve: readonly string[];
  /** Nobody can tell whether what it is about was done, though its status is that of what failed. */
  readonly outcomeUnknown: boolean;
  /** Whether confidence_status follows from the record's other fields, recomputed when it is read. */
  readonly check: { readonly outcome: 'passed' | 'failed'; readonly sentence: string };
};

/** The record itself. */
export type EvidenceDetail = EvidenceSummary & {
  /** The stored bytes as text: what was hashed. */
  readonly statementText: string;
  /** The same, parsed; null where it is no JSON, because somebody has changed it. */
  readonly statement: unknown;
  /** What was said in words; null where it was erased, or replaced. */
  readonly remarks: Remarks | null;
  /** Whether there are words beside it that are not those it names. */
  readonly remarksReplaced: boolean;
  /** Of its replay and of what stands on that, the newest first. */
  readonly erasures: readonly ErasureView[];
};

/** What is kept beside a record, under the digest that the record names. */
export type EvidenceAttachment = {
  readonly name: string;
  /** The stored bytes as text: hashing them gives the digest. */
  readonly text: string;
  /** Whether they have the digest that the record names, computed when they are read. */
  readonly check: { readonly outcome: 'passed' | 'failed'; readonly sentence: string };
};

/** What was recorded of a contract over time. Generated records don't count. */
export type EvidenceHistory = {
  readonly contractId: string;
  /** ISO 8601: the instant that ages and gaps are counted up to. */
  readonly asOf: string;
  readonly maxAgeHours: number | null;
  /** The latest trusted evidence of the whole history. */
  readonly latestTrusted: { readonly id: string; readonly recordedAt: string } | null;
  readonly budget: AgeBudget;
  /** Months, as `2026-03`, in which a replay came to a verdict, the oldest first. A month without any is not listed. */
  readonly months: readonly {
    readonly month: string;
    readonly trusted: number;
    readonly suspect: number;
    readonly untrusted: number;
  }[];
  /**
   * When there was no trusted evidence of the whole history for longer than the contract allows, or none yet since its
   * first version: the latest of them, the latest first.
   */
  readonly gaps: readonly {
    readonly from: string;
    readonly to: string;
    /** It lasts until now. */
    readonly open: boolean;
  }[];
  /** How many there are, also of those that are not listed. */
  readonly gapCount: number;
  /** All of them to be drawn, the oldest first: what lies within a few days of each other is one. */
  readonly gapsDrawn: readonly { readonly from: string; readonly to: string }[];
};

/** A set of filters that somebody has named. */
export type SavedView = {
  readonly id: string;
  readonly personId: string;
  readonly name: string;
  /** As it stands in the address of the page, behind the question mark. */
  readonly query: string;
  /** Everybody who may read sees it. */
  readonly shared: boolean;
  readonly isOwn: boolean;
  readonly changedAt: string;
};

/** What the overview says of one contract. */
export type ContractVerdict = {
  readonly contractId: string;
  readonly title: string;
  readonly verdict:
    | 'proven'
    | 'different'
    | 'behind'
    | 'not-compared'
    | 'untrusted'
    | 'stale'
    | 'never-proven'
    | 'running';
  readonly sentence: string;
  readonly todo: string | null;
  readonly keysDiffering: number | null;
  readonly keysTotal: number | null;
  readonly confidence: ConfidenceStatus | null;
  readonly agreement: AgreementStatus | null;
  readonly proofAt: string | null;
  readonly replayId: string | null;
};

export type OverviewView = {
  readonly sentence: string;
  readonly contracts: readonly ContractVerdict[];
  /** One queue: what needs this reader, or anybody, now, most urgent first. */
  readonly needsYou: readonly {
    readonly kind:
      | 'incident'
      | 'difference'
      | 'untrusted'
      | 'readiness'
      | 'approval'
      | 'action'
      | 'contract-problem'
      | 'halted'
      | 'evidence-overdue'
      | 'notices'
      | 'database-role'
      | 'evidence-log'
      | 'behind'
      | 'not-compared'
      | 'never-proven'
      | 'stale';
    readonly sentence: string;
    readonly href: string;
    readonly since: string | null;
    /** How many things this line stands for; left out: one. */
    readonly count?: number;
  }[];
  /** What waits for a decision that this reader can't take. */
  readonly waitsForOthers: OverviewView['needsYou'];
  /** The first of them. */
  readonly running: readonly ReplaySummary[];
  readonly runningTotal: number;
  readonly problems: readonly {
    readonly file: string;
    readonly field: string | null;
    readonly sentence: string;
  }[];
  readonly workers: { readonly alive: number; readonly threads: number };
};

/** How the evidence log stands, and who elsewhere has seen how much of it. Times ISO 8601. */
export type EvidenceLogView = {
  /** null: nothing was ever recorded. */
  readonly origin: string | null;
  readonly size: number;
  readonly checkpoint: { readonly size: number; readonly at: string } | null;
  readonly audit: { readonly at: string; readonly size: number; readonly findings: number } | null;
  /** Those that are configured; `at` by the clock of the witness. */
  readonly witnesses: readonly {
    readonly name: string;
    readonly cosigned: { readonly size: number; readonly at: string | null } | null;
  }[];
  /** Where checkpoints go. */
  readonly sinks: readonly {
    readonly kind: 'folder' | 'webhook' | 'topic';
    readonly name: string;
    readonly kept: { readonly size: number; readonly at: string } | null;
    readonly problem: { readonly sentence: string; readonly at: string; readonly stands: boolean } | null;
  }[];
};

export type Health = {
  readonly status: 'up' | 'degraded' | 'down';
  readonly asOf: string;
  readonly dependencies: readonly {
    readonly name: string;
    readonly status: 'up' | 'down' | 'not-configured';
    readonly detail: string;
    readonly latencyMs: number | null;
  }[];
};

export type FindingRow = Finding & { readonly id: string };

/** Who did what, to what, from where, and whether it was let. Times are ISO 8601. */
export type AuditRow = {
  readonly id: string;
  readonly at: string;
  /** A person's id, or the name of a process that acts by itself. */
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly outcome: 'done' | 'refused';
  readonly origin: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

/** What was decided about something, and what this reader may decide. */
export type ApprovalView = {
  readonly planHash: string;
  readonly requestedBy: string;
  readonly standing: Standing;
  readonly decisions: readonly (Decision & { readonly counts: boolean })[];
  readonly authors: readonly string[];
  /** A version that was registered after the plan was made; null where there is none. */
  readonly newerVersion: number | null;
  /** Why this reader can't decide; null where they can. */
  readonly whyNot: string | null;
};

/** A figure that may not be known; `basis` says where it is from, or why there is none. */
export type Figure = { readonly value: string | null; readonly basis: string };

/** What a plan would read and touch. Counts are decimal text. */
export type BlastRadius = {
  readonly partitions: { readonly read: number; readonly of: number };
  readonly events: string;
  /** On the broker, or in the event table. */
  readonly bytes: Figure;
  /** Offsets written behind the plan's ends. */
  readonly behind: Figure;
  readonly keys: Figure;
  /** The consumer group that feeds each derived state; `onHistory` null: not known. */
  readonly consumers: readonly {
    readonly derivedState: string;
    readonly group: string | null;
    readonly onHistory: boolean | null;
  }[];
  readonly rows: readonly { readonly derivedState: string; readonly rows: Figure }[];
};

/** What is new to a reader; `lookedAt` null: they have not looked before. */
export type SinceLooked = { readonly lookedAt: string | null; readonly changes: readonly LookChange[] };

/** What an approver reads before deciding. */
export type ReviewView = {
  readonly radius: BlastRadius;
  /** The last finished replay of the contract, one over its whole history before one over a part. */
  readonly proof: ReplaySummary | null;
  readonly proofIsOfLatestCode: boolean;
  /** null: the reader does not approve. */
  readonly since: SinceLooked | null;
};

/** Something in the list of what waits. */
export type WaitingView = {
  readonly replayId: string;
  readonly contractId: string;
  readonly contractVersion: number;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly reason: string;
  readonly eventEstimate: string;
  readonly standing: Standing;
  readonly whyNot: string | null;
  /** What is new to the reader, as far as Reprise's own database knows; null: the reader does not approve. */
  readonly since: SinceLooked | null;
};

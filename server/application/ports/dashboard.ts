import type { Decision } from '../../domain/approval/index.ts';
import type { FindingKind, Scope, Waiver } from '../../domain/replay/index.ts';
import type { BreakGlassRequest, Broken, ReviewRequest } from '../approval/break-glass.ts';
import type { BudgetCommands } from '../budget/exclude-time.ts';
import type { BudgetQueries } from '../budget/read-budgets.ts';
import type { PromotionCommands } from '../promotion/commands.ts';
import type { PromotionQueries } from '../promotion/read-promotions.ts';
import type { SagaQueries } from '../saga/read-sagas.ts';
import type {
  ApprovalView,
  AuditRow,
  ContractDetail,
  ContractSummary,
  EvidenceAttachment,
  EvidenceDetail,
  EvidenceHistory,
  EvidenceLogView,
  EvidenceSummary,
  EvidenceView,
  FindingRow,
  Health,
  KeyView,
  OpenReplays,
  OverviewView,
  Page,
  PipelineView,
  PlanPreview,
  ReplayComparison,
  ReplayDetail,
  ReplaySummary,
  ReviewView,
  SavedView,
  StateRow,
  StatesView,
  WaitingView,
} from '../views.ts';
import type { SubjectKind } from './approvals.ts';
import type { Glass } from './break-glass.ts';
import type { ContractProblem } from './contracts.ts';
import type { DeliveryQueries } from './delivery-pages.ts';
import type { Person } from './people.ts';
import type { Viewer } from './reveals.ts';
import type { ViewCommands, ViewPage } from './saved-views.ts';

/** What whoever plans a replay wants beside the scope. */
export type Asked = {
  readonly review?: boolean | undefined;
  readonly waivers?: readonly Waiver[] | undefined;
};

export type PageRequest = { readonly cursor?: string | undefined; readonly limit: number };

export type ReplayFilter = {
  readonly contractId?: string | undefined;
  readonly status?: 'running' | 'ended' | undefined;
  readonly confidence?: string | undefined;
  readonly requestedBy?: string | undefined;
  /** Nothing requested after this instant, ISO 8601: how a permalink fixes a list. */
  readonly asOf?: string | undefined;
};

export type EvidenceFilter = {
  readonly contractId?: string | undefined;
  readonly confidence?: string | undefined;
  readonly agreement?: string | undefined;
  readonly status?: string | undefined;
  readonly kind?: string | undefined;
  readonly requestedBy?: string | undefined;
  /** Whose approval counted. */
  readonly approvedBy?: string | undefined;
  /** A key at which a replay found something, or whose row a promotion wrote. */
  readonly key?: string | undefined;
  /** Records that belong to this incident. */
  readonly incidentId?: string | undefined;
  /** Words, ids, names, codes, or the beginning of a digest; all of them have to be found. */
  readonly search?: string | undefined;
  /** ISO 8601; `until` is exclusive. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Nothing recorded after this instant, ISO 8601. */
  readonly asOf?: string | undefined;
};

export type AuditFilter = {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: AuditRow['outcome'] | undefined;
  /** Entries whose subject contains this text. */
  readonly subject?: string | undefined;
  /** ISO 8601; `until` is exclusive. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
};

export type StatesFilter = {
  readonly replayId?: string | undefined;
  readonly derivedState?: string | undefined;
  readonly search?: string | undefined;
  readonly kind?: 'missing' | 'extra' | 'different' | undefined;
  readonly cause?: string | undefined;
  /** false: keys in agreement too. */
  readonly differingOnly: boolean;
};

/** What pages and the command line ask. Reads only; no page query scans a history. */
export interface DashboardQueries extends PromotionQueries, BudgetQueries, DeliveryQueries, SagaQueries {
  /** What needs this person, and what waits for others. */
  overview(person: Pick<Person, 'id' | 'email' | 'roles'>): Promise<OverviewView>;
  contracts(): Promise<readonly ContractSummary[]>;
  /** Files of contracts that can't be registered: what was registered of them before stands. */
  contractProblems(): Promise<readonly ContractProblem[]>;
  contract(id: string): Promise<ContractDetail | null>;
  pipeline(contractId: string): Promise<PipelineView>;
  replays(filter: ReplayFilter, page: PageRequest): Promise<Page<ReplaySummary>>;
  /** How many of those that the filter lets through have not ended. */
  openReplays(filter: ReplayFilter): Promise<OpenReplays>;
  replay(id: string, viewer: Viewer): Promise<ReplayDetail | null>;
  /** null where one of the two does not exist. */
  compareReplays(before: string, after: string, viewer: Viewer): Promise<ReplayComparison | null>;
  findings(
    replayId: string,
    kind: FindingKind | undefined,
    page: PageRequest,
    viewer: Viewer,
  ): Promise<Page<FindingRow>>;
  states(contractId: string, replayId: string | undefined): Promise<StatesView | null>;
  stateRows(
    contractId: string,
    filter: StatesFilter,
    page: PageRequest,
    viewer: Viewer,
  ): Promise<Page<StateRow>>;
  /** Fields that the contract hides, as `state.field`, and until when this viewer has revealed them. */
  hiddenValues(
    contractId: string,
    viewer: Viewer,
  ): Promise<{ readonly hidden: readonly string[]; readonly until: string | null }>;
  key(contractId: string, replayId: string | undefined, key: string, viewer: Viewer): Promise<KeyView | null>;
  /**
   * What people said in words is searched for whoever may read it, and for nobody else. Throws RepriseError
   * input-invalid for a search without a word.
   */
  evidence(filter: EvidenceFilter, page: PageRequest, viewer: Viewer): Promise<Page<EvidenceSummary>>;
  /**
   * How many records have come since the newest that somebody has before them; at most 100 are counted. null: the list
   * was empty.
   */
  freshEvidence(
    filter: EvidenceFilter,
    after: { readonly at: string; readonly id: string } | null,
    viewer: Viewer,
  ): Promise<number>;
  /** What was recorded of a contract over the last months; null: there is no such contract. */
  evidenceHistory(contractId: string): Promise<EvidenceHistory | null>;
  evidenceView(id: string): Promise<EvidenceView | null>;
  /** With its remarks, of which what may quote a value is hidden from this viewer where values are. */
  evidenceRecord(id: string, viewer: Viewer): Promise<EvidenceDetail | null>;
  /**
   * What a record names by digest: its remarks, or the whole of a part; null where it has none of that name. Throws
   * RepriseError forbidden for the rows of a promotion, and for remarks that may quote a value, where this viewer has
   * not revealed what their contract hides.
   */
  evidenceAttachment(id: string, name: string, viewer: Viewer): Promise<EvidenceAttachment | null>;
  evidenceLog(): Promise<EvidenceLogView>;
  evidenceFacets(): Promise<{
    readonly contracts: readonly string[];
    readonly requesters: readonly string[];
    readonly approvers: readonly string[];
    /** Of how many replays rows were erased: by those no key is found. */
    readonly erasedReplays: number;
  }>;
  /** A person's own views of a page, then those that others share. */
  savedViews(personId: string, page: ViewPage): Promise<readonly SavedView[]>;
  /** What waits for approval, the oldest first, and whether this person may decide about each. */
  waiting(person: Pick<Person, 'id' | 'email' | 'roles'>): Promise<readonly WaitingView[]>;
  /** The decisions about a replay, how far they have come, and why this person can't decide; null where they can. */
  approval(replayId: string, person: Pick<Person, 'id' | 'email' | 'roles'>): Promise<ApprovalView | null>;
  /** What an approver reads before deciding; null where the replay does not wait. */
  review(replayId: string, person: Pick<Person, 'id' | 'roles'>): Promise<ReviewView | null>;
  /** Of this plan: who broke the glass, or wants to; null: nobody. */
  glassOf(kind: SubjectKind, subjectId: string, planHash: string): Promise<Glass | null>;
  /** What two people have let run and nobody has reviewed yet, the oldest first. */
  openReviews(): Promise<readonly Glass[]>;
  /** The newest first. */
  audit(filter: AuditFilter, page: PageRequest): Promise<Page<AuditRow>>;
  auditActions(): Promise<readonly string[]>;
  health(): Promise<Health>;
}

/** What an operator may do. Each writes its audit row in the same transaction; refusals throw RepriseError. */
export interface DashboardCommands extends PromotionCommands, ViewCommands, BudgetCommands {
  previewPlan(contractId: string, scope: Scope, version?: number, asked?: Asked): Promise<PlanPreview>;
  /** Launches what was previewed: refused when the scope now resolves to another plan than `planHash` in what it reads. */
  launch(request: {
    contractId: string;
    scope: Scope;
    version?: number | undefined;
    planHash?: string | undefined;
    rateLimit?: number | undefined;
    reason: string;
    /** Ask for an approval also where the contract needs none. */
    review?: boolean | undefined;
    /** Records that may be quarantined and the replay be trusted all the same, once somebody has approved it. */
    waivers?: readonly Waiver[] | undefined;
    actor: string;
  }): Promise<{ readonly replayId: string; readonly planHash: string | null; readonly status: string }>;
  pause(replayId: string, actor: string): Promise<void>;
  resume(replayId: string, actor: string): Promise<void>;
  cancel(replayId: string, actor: string, reason: string): Promise<void>;
  setRateLimit(replayId: string, eventsPerSecond: number | null, actor: string): Promise<void>;
  /** Decides about the plan that was looked at. `sessionId` null: a token asks, and is refused. */
  decide(request: {
    replayId: string;
    planHash: string;
    verdict: Decision['verdict'];
    reason: string;
    personId: string;
    sessionId: string | null;
  }): Promise<{
    readonly status: 'waiting' | 'queued' | 'refused';
    readonly given: number;
    readonly needed: number;
  }>;
  /** An approver has the plan before them. `behind` is what the page said of what was written behind it. */
  look(request: { replayId: string; personId: string; behind: string | null }): Promise<void>;
  /** Once by each of two people; the second time it runs. */
  breakGlass(request: BreakGlassRequest): Promise<Broken>;
  closeReview(request: ReviewRequest): Promise<void>;
  revealValues(request: {
    contractId: string;
    reason: string;
    actor: string;
  }): Promise<{ readonly until: string }>;
  checkReadiness(contractId: string, actor: string): Promise<ContractDetail['readinessChecks']>;
  /** Asks for the key's own history to be read, event by event, by a worker. */
  requestTrace(replayId: string, key: string, actor: string): Promise<void>;
}

/**
 * Says that something changed, so that open pages ask again. Topics: replays, replay:<id>, promotions, promotion:<id>,
 * approvals, contracts, evidence, states:<contract>, trace:<replay>; and of the feed itself feed-lost, feed-regained.
 */
export type LiveEvent = { readonly id: string; readonly topic: string; readonly at: string };
export interface LiveFeed {
  /** Events from now on, until the signal aborts. */
  listen(signal: AbortSignal): AsyncIterable<LiveEvent>;
}

import type { IncidentClass } from '../../domain/contract/index.ts';
import type { IncidentKind, IncidentStatus } from '../../domain/incident/index.ts';
import type {
  ActionItem,
  FactChange,
  OpinionSection,
  ReviewFacts,
  ReviewRows,
  ReviewStatus,
  TimedIncident,
} from '../../domain/review/index.ts';
import type { PageRequest } from './dashboard.ts';
import type { Page } from './page-reads.ts';
import type { Transaction } from './unit-of-work.ts';

/** A review as it stands. Times are instants, people ids. */
export type ReviewRow = {
  readonly id: string;
  readonly incidentId: string;
  readonly status: ReviewStatus;
  readonly revision: number;
  readonly facts: ReviewFacts;
  readonly factsAt: Date;
  readonly changed: readonly FactChange[];
  readonly completedDigest: string | null;
  readonly completedBy: string | null;
  readonly completedAt: Date | null;
  readonly createdAt: Date;
  readonly createdBy: string;
};

export type ReviewChange = Partial<
  Pick<
    ReviewRow,
    | 'status'
    | 'revision'
    | 'facts'
    | 'factsAt'
    | 'changed'
    | 'completedDigest'
    | 'completedBy'
    | 'completedAt'
  >
>;

export type TextMerge = 'none' | 'merged' | 'conflict';

export type TextVersion = {
  readonly section: OpinionSection;
  /** 0: nobody has written anything yet. */
  readonly version: number;
  readonly text: string;
  readonly baseVersion: number;
  readonly merge: TextMerge;
  readonly writtenBy: string;
  readonly writtenAt: Date;
};

/** A version without its words, of which it has so many letters. */
export type VersionLine = Omit<TextVersion, 'text'> & { readonly letters: number };

export type ActionRow = ActionItem & {
  readonly version: number;
  readonly dropped: boolean;
  readonly writtenBy: string;
  readonly writtenAt: Date;
  /** What was said of it last; null: nobody has. */
  readonly mark: {
    readonly done: boolean;
    readonly note: string;
    readonly by: string;
    readonly at: Date;
  } | null;
};

export type Signing = {
  readonly id: string;
  readonly reviewId: string;
  readonly revision: number;
  readonly document: Uint8Array;
  readonly digest: string;
  readonly markdown: Uint8Array;
  readonly markdownDigest: string;
  readonly signedBy: string;
  readonly signedAt: Date;
  readonly evidenceId: string;
};

/** A review as a list shows it. Times ISO 8601. */
export type ReviewSummary = {
  readonly id: string;
  readonly incidentId: string;
  readonly title: string;
  readonly class: IncidentClass;
  readonly kind: IncidentKind;
  readonly contractId: string | null;
  readonly status: ReviewStatus;
  readonly revision: number;
  readonly createdAt: string;
  readonly recoveredAt: string | null;
  readonly signedAt: string | null;
  readonly signedBy: string | null;
  readonly actions: number;
  readonly done: number;
  /** Not done, and after their day. */
  readonly overdue: number;
};

export type OverdueAction = {
  readonly actionId: string;
  readonly reviewId: string;
  readonly title: string;
  readonly owner: string | null;
  readonly dueOn: string;
  readonly daysLate: number;
  readonly contractId: string | null;
};

/** A cause, or a kind of failure of a contract, that came more than once. */
export type Recurring = {
  readonly by: 'cause' | 'kind';
  readonly what: string;
  readonly contractId: string | null;
  readonly count: number;
  readonly lastIncidentId: string;
  readonly lastAt: string;
};

export type ReviewFilter = {
  readonly status?: ReviewStatus | 'unsigned' | undefined;
  readonly contractId?: string | undefined;
};

/** Reviews in Reprise's own database. Every instant is by its clock. */
export interface ReviewStore {
  now(tx: Transaction): Promise<Date>;
  /** What a draft is computed from; null: there is no such incident. The runs of runbooks are read by others. */
  rows(
    tx: Transaction,
    incidentId: string,
  ): Promise<{ readonly status: IncidentStatus; readonly rows: Omit<ReviewRows, 'runs'> } | null>;
  insert(
    tx: Transaction,
    review: Pick<ReviewRow, 'id' | 'incidentId' | 'facts' | 'factsAt' | 'createdBy'>,
  ): Promise<void>;
  /** Held until the transaction ends. */
  lock(tx: Transaction, id: string): Promise<ReviewRow | null>;
  lockOf(tx: Transaction, incidentId: string): Promise<ReviewRow | null>;
  get(tx: Transaction, id: string): Promise<ReviewRow | null>;
  idOf(tx: Transaction, incidentId: string): Promise<string | null>;
  change(tx: Transaction, id: string, change: ReviewChange): Promise<void>;
  /** The newest version of each section that has one. */
  texts(tx: Transaction, id: string): Promise<readonly TextVersion[]>;
  /** null: there is none of this number. */
  text(tx: Transaction, id: string, section: OpinionSection, version: number): Promise<TextVersion | null>;
  /** The newest first. */
  versions(
    tx: Transaction,
    id: string,
    section: OpinionSection,
    page: PageRequest,
  ): Promise<Page<VersionLine>>;
  addText(tx: Transaction, id: string, text: Omit<TextVersion, 'writtenAt'>): Promise<void>;
  /** The newest version of each that is not dropped, in the order in which they were first written. */
  actions(tx: Transaction, id: string): Promise<readonly ActionRow[]>;
  /** Dropped ones too. */
  action(tx: Transaction, id: string, actionId: string): Promise<ActionRow | null>;
  addAction(tx: Transaction, id: string, action: Omit<ActionRow, 'writtenAt' | 'mark'>): Promise<void>;
  mark(
    tx: Transaction,
    id: string,
    mark: {
      readonly actionId: string;
      readonly done: boolean;
      readonly note: string;
      readonly markedBy: string;
    },
  ): Promise<void>;
  /** Whoever wrote any version, by id. */
  authors(tx: Transaction, id: string): Promise<readonly string[]>;
  sign(tx: Transaction, signing: Signing): Promise<void>;
  /** Without their bytes, the newest first. */
  signings(tx: Transaction, id: string): Promise<readonly Omit<Signing, 'document' | 'markdown'>[]>;
  signing(tx: Transaction, id: string, revision: number): Promise<Signing | null>;
  names(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;

  /** Those that are not signed first, of each the newest first. */
  list(tx: Transaction, filter: ReviewFilter, page: PageRequest): Promise<Page<ReviewSummary>>;
  unsigned(tx: Transaction): Promise<number>;
  /** The latest first; of one person alone where one is named. */
  overdue(tx: Transaction, owner: string | null): Promise<readonly OverdueAction[]>;
  recurring(tx: Transaction, days: number): Promise<readonly Recurring[]>;
  /** Incidents that were recovered since then. */
  recoveredSince(tx: Transaction, since: Date): Promise<readonly TimedIncident[]>;
  /** Overdue actions that nobody was told of for their day, each marked as told. */
  takeUntold(tx: Transaction): Promise<readonly OverdueAction[]>;
}

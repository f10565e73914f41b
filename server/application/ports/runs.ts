import type { Decision } from '../../domain/approval/index.ts';
import type { ActionName, Outputs, Runbook, SectionName, Touches } from '../../domain/runbook/index.ts';
import type { AttachedFile } from '../incident/attached-file.ts';
import type { Page } from '../views.ts';
import type { EarlierCorrection } from './corrections.ts';
import type { PageRequest } from './dashboard.ts';
import type { Lease } from './replay-store.ts';
import type { ActionResult, Preview, Shown } from './runbook-actions.ts';
import type { AttemptStatus, RunStatus, RunSummary } from './runbook-runs.ts';
import type { Transaction } from './unit-of-work.ts';

/** What a run was given. `from`: where the value came from, `person` or `default` or as the file says it. */
export type GivenParameter = {
  readonly name: string;
  readonly value: string | number;
  readonly from: string;
};

/** A run as it stands. People are ids. */
export type RunRow = {
  readonly id: string;
  readonly runbookId: string;
  readonly digest: string;
  readonly title: string;
  /** What the file came to when the run began: nothing that becomes of the file changes it. */
  readonly runbook: Runbook;
  readonly parameters: readonly GivenParameter[];
  readonly incidentId: string | null;
  readonly contractId: string | null;
  readonly status: RunStatus;
  readonly startedBy: string;
  readonly startedAt: Date;
  /** Who goes on with it. */
  readonly leader: string;
  readonly endedAt: Date | null;
  /** Grows with each act of a person, so that two of them at once are told apart. */
  readonly version: number;
};

export type NewRun = Omit<RunRow, 'status' | 'startedAt' | 'leader' | 'endedAt' | 'version'>;

export const markKinds = [
  'ticked',
  'skipped',
  'noted',
  'handed-over',
  'done',
  'abandoned',
  /** What a step would do was refused when they looked at it. */
  'refused',
] as const;
export type MarkKind = (typeof markKinds)[number];

/** What people did and said by themselves. Added, and never changed. */
export type MarkRow = {
  readonly id: string;
  readonly kind: MarkKind;
  readonly step: string | null;
  readonly actor: string;
  readonly at: Date;
  readonly text: string;
  readonly to: string | null;
};

/** What somebody attached to a step. */
export type RunFile = {
  readonly id: string;
  readonly step: string;
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly addedBy: string;
  readonly addedAt: Date;
};

export type PreviewRow = {
  readonly id: string;
  readonly runId: string;
  readonly step: string;
  /** Canonical JSON, and the SHA-256 of its UTF-8. */
  readonly plan: string;
  readonly planHash: string;
  readonly sentence: string;
  readonly shown: readonly Shown[];
  readonly previewedBy: string;
  readonly previewedAt: Date;
};

export type AttemptRow = {
  readonly id: string;
  readonly runId: string;
  readonly step: string;
  readonly section: SectionName;
  readonly title: string;
  readonly action: ActionName;
  readonly touches: Touches;
  readonly status: AttemptStatus;
  readonly plan: string;
  readonly planHash: string;
  readonly preview: Pick<Preview, 'sentence' | 'shown'>;
  readonly approvalsNeeded: number;
  readonly timeoutSeconds: number;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly tries: number;
  /** Since when it may have changed something; null: it has not begun to. */
  readonly changingSince: Date | null;
  readonly cancelledBy: string | null;
  readonly cancelReason: string | null;
  readonly sentence: string;
  readonly code: string | null;
  readonly outputs: Outputs;
  readonly shown: readonly Shown[];
  readonly links: ActionResult['links'];
  readonly evidenceId: string | null;
};

/** Without its plan, which may be long: of a redrive it names each letter. */
export type AttemptSketch = Omit<AttemptRow, 'plan'>;

export type NewAttempt = Pick<
  AttemptRow,
  | 'id'
  | 'runId'
  | 'step'
  | 'section'
  | 'title'
  | 'action'
  | 'touches'
  | 'plan'
  | 'planHash'
  | 'preview'
  | 'approvalsNeeded'
  | 'timeoutSeconds'
  | 'requestedBy'
>;

export type AttemptEnd = Pick<
  AttemptRow,
  'status' | 'sentence' | 'code' | 'outputs' | 'shown' | 'links' | 'evidenceId'
>;

export type OutputLine = { readonly number: number; readonly at: Date; readonly line: string };

/** An attempt that waits, as an approver meets it in a list. */
export type WaitingAttempt = Pick<
  AttemptRow,
  | 'id'
  | 'runId'
  | 'title'
  | 'action'
  | 'planHash'
  | 'preview'
  | 'approvalsNeeded'
  | 'requestedBy'
  | 'requestedAt'
> & {
  readonly runTitle: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly decisions: readonly Decision[];
};

export type RunFilter = {
  readonly status?: RunStatus | undefined;
  readonly incidentId?: string | undefined;
  readonly runbookId?: string | undefined;
};

/** Runs of runbooks in Reprise's own database. Every instant is by its clock. */
export interface RunStore {
  now(tx: Transaction): Promise<Date>;
  /** The topic that each contract's history is in, by its newest version; null: in none. */
  topics(tx: Transaction): Promise<ReadonlyMap<string, string | null>>;
  /** Who wrote the newest version of each contract. */
  authors(tx: Transaction): Promise<ReadonlyMap<string, readonly string[]>>;
  insert(tx: Transaction, run: NewRun): Promise<void>;
  find(tx: Transaction, id: string): Promise<RunRow | null>;
  /** Held until the transaction ends. */
  lock(tx: Transaction, id: string): Promise<RunRow | null>;
  /** Notes that a person did something to it; answers its new version. */
  change(
    tx: Transaction,
    id: string,
    change: { readonly status?: RunStatus; readonly leader?: string },
  ): Promise<number>;
  list(tx: Transaction, filter: RunFilter, page: PageRequest): Promise<Page<RunSummary>>;
  mark(tx: Transaction, runId: string, mark: Omit<MarkRow, 'id' | 'at'>): Promise<void>;
  marks(tx: Transaction, runId: string): Promise<readonly MarkRow[]>;
  insertFile(
    tx: Transaction,
    runId: string,
    file: Pick<RunFile, 'id' | 'step' | 'addedBy'> & AttachedFile,
  ): Promise<void>;
  /** Without what is in them, in the order in which they came. */
  files(tx: Transaction, runId: string): Promise<readonly RunFile[]>;
  /** null: the run has no such file. */
  file(
    tx: Transaction,
    runId: string,
    fileId: string,
  ): Promise<Pick<AttachedFile, 'name' | 'mediaType' | 'content'> | null>;
  /** What somebody did to it last, with their name: of people's acts alone. */
  lastAct(
    tx: Transaction,
    runId: string,
  ): Promise<{ readonly what: string; readonly step: string | null; readonly by: string } | null>;
  insertPreview(tx: Transaction, preview: Omit<PreviewRow, 'previewedAt'>): Promise<void>;
  preview(tx: Transaction, runId: string, id: string): Promise<PreviewRow | null>;
  /** Takes away those that were shown a day ago, and of which nothing was done. */
  sweepPreviews(tx: Transaction): Promise<void>;
}

/** Times that actions are done, and what is decided about them. */
export interface AttemptStore {
  /** It waits for its approvals, or is queued where it needs none. */
  insert(tx: Transaction, attempt: NewAttempt): Promise<void>;
  find(tx: Transaction, id: string): Promise<AttemptRow | null>;
  lock(tx: Transaction, id: string): Promise<AttemptRow | null>;
  /** In the order in which they were asked for. */
  of(tx: Transaction, runId: string): Promise<readonly AttemptSketch[]>;
  /** Those of any run that have published a correction of an event, or may have, the oldest first. */
  corrections(
    tx: Transaction,
    of: { readonly contract: string; readonly originalEventId: string },
  ): Promise<readonly EarlierCorrection[]>;
  /** What each of them is done with, as its plan froze it. */
  params(
    tx: Transaction,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>>;
  setStatus(tx: Transaction, id: string, status: 'queued' | 'awaiting-approval'): Promise<void>;
  /** null: it is not queued, or somebody holds it. */
  claim(tx: Transaction, id: string, owner: string, leaseMs: number): Promise<Lease | null>;
  /** Prolongs the lease and holds the row; null: it has passed on. */
  hold(
    tx: Transaction,
    id: string,
    lease: Lease,
    leaseMs: number,
  ): Promise<{ readonly cancelled: boolean } | null>;
  /** Prolongs it as well, and notes that what follows may change something, or that what was begun has changed nothing. */
  setChanging(
    tx: Transaction,
    id: string,
    lease: Lease,
    leaseMs: number,
    changing: boolean,
  ): Promise<{ readonly cancelled: boolean } | null>;
  askCancel(tx: Transaction, id: string, by: string, reason: string): Promise<void>;
  end(tx: Transaction, id: string, end: AttemptEnd): Promise<void>;
  /** Adds lines after those that are there. */
  say(tx: Transaction, id: string, lines: readonly string[]): Promise<void>;
  /** The newest lines of each attempt of a run, in order. */
  output(tx: Transaction, runId: string, most: number): Promise<ReadonlyMap<string, readonly OutputLine[]>>;
  /** The newest lines before one, in order. */
  linesBefore(tx: Transaction, id: string, before: number, most: number): Promise<readonly OutputLine[]>;
  /** How many lines there are, and the SHA-256 of all of them, each followed by a line feed; null: of none. */
  linesDigest(
    tx: Transaction,
    id: string,
  ): Promise<{ readonly lines: number; readonly sha256: string | null }>;

  decide(
    tx: Transaction,
    decision: Pick<Decision, 'id' | 'personId' | 'planHash' | 'verdict' | 'reason'> & {
      readonly attemptId: string;
      readonly hours: number;
    },
  ): Promise<void>;
  decisions(
    tx: Transaction,
    attemptIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly Decision[]>>;
  holdPerson(tx: Transaction, personId: string): Promise<void>;
  isApproved(tx: Transaction, id: string): Promise<boolean>;
  /** Makes way for another decision of somebody whose last one ran out. */
  voidExpired(tx: Transaction, attemptId: string, personId: string): Promise<void>;
  waiting(tx: Transaction, limit: number): Promise<readonly WaitingAttempt[]>;

  /** Queued ones whose approvals do not count any more, held: they wait again. */
  takeBack(tx: Transaction): Promise<readonly AttemptRow[]>;
  /** One that runs and that nobody holds any more, held; those that another process has in hand are left to it, and `except` are passed over. */
  takeLapsed(tx: Transaction, except: readonly string[]): Promise<AttemptRow | null>;
  /** Of one that another worker may go on with: it is queued once more. */
  queueAgain(tx: Transaction, id: string): Promise<void>;
  /** Queued ones, the oldest first. */
  queued(tx: Transaction, limit: number): Promise<readonly Pick<AttemptRow, 'id' | 'action'>[]>;
}

import type { Sha256, StartSha256 } from '../../domain/shared/digests.ts';
import type { ApprovalStore } from '../ports/approvals.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { GlassStore } from '../ports/break-glass.ts';
import type { Clock, NewId } from '../ports/clock.ts';
import type { ContractLoader, ContractStore } from '../ports/contracts.ts';
import type { DerivedStateReader, SqlInvariantRunner, SubjectKeys } from '../ports/derived-state.ts';
import type { Sealing } from '../ports/evidence-log.ts';
import type { DeadLetterReader, HistoryOpener } from '../ports/history.ts';
import type { IncidentSignals } from '../ports/incident-signals.ts';
import type { JobSender } from '../ports/jobs.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { Log } from '../ports/log.ts';
import type { NoticeOutbox } from '../ports/notices.ts';
import type { PeopleStore } from '../ports/people.ts';
import type { Progress } from '../ports/progress.ts';
import type { CorrectionReads } from '../ports/redrives.ts';
import type { FoldStore, ReplayStore } from '../ports/replay-store.ts';
import type { ResultStore } from '../ports/result-store.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';

/** What everything about a replay needs. */
export type ReplayDeps = {
  readonly unitOfWork: UnitOfWork;
  readonly replays: ReplayStore;
  readonly folds: FoldStore;
  readonly results: ResultStore;
  readonly sealing: Sealing;
  readonly live: LiveNotifier;
  readonly audit: AuditLog;
  readonly notices: NoticeOutbox;
  readonly signals: IncidentSignals;
  readonly contracts: ContractStore;
  readonly approvals: ApprovalStore;
  readonly glass: GlassStore;
  readonly loader: ContractLoader;
  readonly histories: HistoryOpener;
  readonly derivedStates: DerivedStateReader;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly sha256: Sha256;
  readonly startSha256: StartSha256;
  /** Names and versions of what computes the result, for the evidence. */
  readonly software: Readonly<Record<string, string>>;
};

/** What launching and steering one needs beyond that. */
export type CommandDeps = ReplayDeps & { readonly jobs: JobSender; readonly people: PeopleStore };

/** What running one needs. It sends no jobs: whoever finishes a step takes the next, and the reaper finds the rest. */
export type RunnerDeps = ReplayDeps & {
  readonly sqlInvariants: SqlInvariantRunner;
  readonly subjectKeys: SubjectKeys;
  readonly deadLetters: DeadLetterReader;
  readonly corrections: CorrectionReads;
  readonly startSha256: StartSha256;
  readonly log: Log;
  readonly progress: Progress;
};

/** How long a lease holds without being renewed, and how often it is renewed, by the database's clock. */
export const leaseMs = 10_000;
export const renewEveryMs = 3_000;
/** How often whoever reads keys says so: another takes them after a minute without a word. */
export const renewTracesEveryMs = 15_000;

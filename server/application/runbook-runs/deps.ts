import {
  beginRun,
  type EndedAttempt,
  evolveRun,
  type OpenAttempt,
  type Run,
  type RunEvent,
  type Values,
  waitsLong,
} from '../../domain/runbook/index.ts';
import type { Sha256 } from '../../domain/shared/digests.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { Clock, NewId } from '../ports/clock.ts';
import type { Sealing } from '../ports/evidence-log.ts';
import type { IncidentReads } from '../ports/incident-reads.ts';
import type { IncidentStore } from '../ports/incidents.ts';
import type { ActionJob, JobSender } from '../ports/jobs.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { Log } from '../ports/log.ts';
import type { NoticeOutbox } from '../ports/notices.ts';
import type { PeopleStore } from '../ports/people.ts';
import type { ResultStore } from '../ports/result-store.ts';
import type { ActionSet } from '../ports/runbook-actions.ts';
import type { RunReads } from '../ports/runbook-runs.ts';
import type { RunbookStore } from '../ports/runbooks.ts';
import type { AttemptRow, AttemptSketch, AttemptStore, MarkRow, RunRow, RunStore } from '../ports/runs.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';

/** What ending an attempt needs. */
export type EndDeps = {
  readonly unitOfWork: UnitOfWork;
  readonly runs: RunStore;
  readonly attempts: AttemptStore;
  readonly incidents: IncidentStore;
  readonly people: PeopleStore;
  readonly results: Pick<ResultStore, 'insertEvidence' | 'attach'>;
  readonly sealing: Sealing;
  readonly audit: AuditLog;
  readonly live: LiveNotifier;
  readonly notices: NoticeOutbox;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly sha256: Sha256;
  readonly software: Readonly<Record<string, string>>;
};

/** Consumer groups by derived state. */
export type Groups = ReadonlyMap<string, string>;

/** What people's acts need beyond that. */
export type RunDeps = EndDeps & {
  readonly jobs: JobSender;
  readonly actions: ActionSet;
  readonly runbooks: Pick<RunbookStore, 'current' | 'get'>;
  readonly incidentReads: Pick<IncidentReads, 'row'>;
  readonly runReads: RunReads;
  /** Which consumer group keeps each derived state of a contract, as far as its newest version can be read. */
  readonly groupsOf: (contractId: string) => Promise<Groups>;
};

/** What doing an attempt needs. */
export type AttemptDeps = EndDeps & {
  readonly jobs: JobSender;
  readonly actions: ActionSet;
  readonly log: Log;
};

/** By whom, to what, and as which version they saw it. */
export type RunRequest = {
  readonly runId: string;
  readonly personId: string;
  /** Of the run that they had before them: where somebody else did something meanwhile, nothing is done. */
  readonly version: number;
};

export const conflict = (sentence: string) => new RepriseError('runbook-conflict', sentence);
export const noRun = (id: string) =>
  new RepriseError('runbook-not-found', `There is no run ${id} of a runbook.`);

const ended = (status: AttemptRow['status']): status is EndedAttempt =>
  !['awaiting-approval', 'queued', 'running'].includes(status);

/** What happened to a run, in the order in which it happened: what people did, and what became of attempts. */
export function runOf(
  row: Pick<RunRow, 'leader' | 'status' | 'startedBy'>,
  attempts: readonly AttemptSketch[],
  marks: readonly MarkRow[],
  doneWith: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): Run {
  const events = [
    ...attempts.map((attempt) => ({
      at: attempt.endedAt ?? attempt.requestedAt,
      event: eventOf(attempt, doneWith.get(attempt.id)),
    })),
    ...marks.flatMap((mark) => markEvents(mark).map((event) => ({ at: mark.at, event }))),
  ].toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const run = events.reduce((state, { event }) => evolveRun(state, event), beginRun(row.startedBy));
  return { ...run, leader: row.leader, status: row.status };
}

/** Of each step the attempt that succeeded last: what it was done with decides whether that is done still. */
export const newestSuccesses = (attempts: readonly AttemptSketch[]): readonly string[] => [
  ...new Map(
    attempts.filter(({ status }) => status === 'succeeded').map(({ step, id }) => [step, id]),
  ).values(),
];

/** A run with what happened to it. */
export async function loadRun(
  deps: Pick<RunDeps, 'attempts' | 'runs'>,
  tx: Transaction,
  row: RunRow,
): Promise<Run> {
  const attempts = await deps.attempts.of(tx, row.id);
  const doneWith = await deps.attempts.params(tx, newestSuccesses(attempts));
  return runOf(row, attempts, await deps.runs.marks(tx, row.id), doneWith);
}

function eventOf(
  { id, step, status, outputs }: AttemptSketch,
  params: Readonly<Record<string, unknown>> | undefined,
): RunEvent {
  const of = { step, attemptId: id };
  return ended(status)
    ? { kind: 'attempt-ended', ...of, status, outputs, params }
    : { kind: 'attempt-moved', ...of, status: status as OpenAttempt };
}

function markEvents({ kind, step, text, to }: MarkRow): readonly RunEvent[] {
  if (kind === 'ticked' && step !== null) return [{ kind, step, note: text }];
  if (kind === 'skipped' && step !== null) return [{ kind, step, reason: text }];
  if (kind === 'handed-over' && to !== null) return [{ kind, to, text }];
  return [];
}

export const valuesIn = (row: Pick<RunRow, 'parameters'>): Values =>
  Object.fromEntries(row.parameters.map(({ name, value }) => [name, value]));

/** Has an attempt done by a worker. */
export const jobOf = ({ id, action }: Pick<AttemptRow, 'id' | 'action'>): ActionJob => ({
  ...{ kind: 'action', attemptId: id },
  ...(waitsLong(action) ? { waits: true } : {}),
});

/** Pages that show it ask again. */
export async function tellRun(
  deps: Pick<EndDeps, 'live'>,
  tx: Transaction,
  row: Pick<RunRow, 'id' | 'incidentId'>,
  more: readonly string[] = [],
): Promise<void> {
  const topics = [`run:${row.id}`, 'runs', ...more];
  if (row.incidentId !== null) topics.push(`incident:${row.incidentId}`);
  for (const topic of topics) await deps.live.notify(tx, topic);
}

/** A line in the timeline of its incident, where it has one. */
export async function noteInIncident(
  deps: Pick<EndDeps, 'incidents'>,
  tx: Transaction,
  row: Pick<RunRow, 'id' | 'incidentId' | 'title'>,
  line: {
    readonly actor: string;
    /** After who did it. */
    readonly did: string;
    readonly text?: string;
    readonly detail?: Readonly<Record<string, unknown>>;
    readonly evidenceId?: string;
  },
): Promise<void> {
  if (row.incidentId === null) return;
  const { actor, did, text, detail = {}, evidenceId } = line;
  await deps.incidents.note(tx, {
    incidentId: row.incidentId,
    kind: 'runbook',
    occurredAt: await deps.incidents.now(tx),
    actor,
    ...(text === undefined ? {} : { text }),
    ...(evidenceId === undefined ? {} : { evidenceId }),
    detail: { ...detail, did, run: row.id, runbook: row.title },
    link: `/runbooks/runs/${row.id}`,
  });
}

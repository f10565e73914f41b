import { counted, formatCount } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import type { EntryView, IncidentSummary, IncidentView } from '@/server/application/ports/incident-reads.ts';

export const incidentClasses = ['P1', 'P2', 'P3', 'P4'] as const;
type IncidentClass = (typeof incidentClasses)[number];

export const classWords: Readonly<Record<IncidentClass, string>> = {
  P1: 'P1: data lost or corrupt, within 15 minutes',
  P2: 'P2: degraded, within 1 hour',
  P3: 'P3: minor, within 4 hours',
  P4: 'P4: no customer sees it, by the next business day',
};

export const classTone: Readonly<Record<IncidentClass, Tone>> = {
  P1: 'failed',
  P2: 'different',
  P3: 'accent',
  P4: 'unknown',
};

export const statusTone: Readonly<Record<IncidentSummary['status'], Tone>> = {
  detected: 'failed',
  acknowledged: 'different',
  mitigating: 'accent',
  recovered: 'verified',
  reviewed: 'verified',
  closed: 'unknown',
};

/** The response clock in words; null where it does not run. */
export function clockWords(
  incident: Pick<IncidentSummary, 'status' | 'respondBy'>,
  nowMs: number,
): { readonly text: string; readonly isMissed: boolean } | null {
  if (incident.status !== 'detected') return null;
  const leftMs = Date.parse(incident.respondBy) - nowMs;
  const isMissed = leftMs < 0;
  return { text: isMissed ? `missed by ${span(-leftMs)}` : `${span(leftMs)} left`, isMissed };
}

/** `42 s`, `12 min`, `3 h 5 min`, `2 d 4 h`. */
export function span(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** The list's answer. */
export function listSentence(open: {
  readonly count: number;
  readonly unacknowledged: number;
  readonly rows: readonly Pick<IncidentSummary, 'class' | 'title' | 'clearedAt'>[];
}): string {
  // What goes on is more urgent than what is over and waits only for somebody to say so.
  const first = mostUrgent(open.rows);
  if (first === undefined) return 'No incident is open.';
  const waits =
    open.unacknowledged === 0
      ? 'somebody attends to each'
      : `nobody has acknowledged ${formatCount(open.unacknowledged)}`;
  return `${counted(open.count, 'incident')} ${open.count === 1 ? 'is' : 'are'} open, and ${waits}. ${first.clearedAt === null ? 'Most urgent' : open.count === 1 ? 'Its cause is over' : 'First, though its cause is over'} (${first.class}): ${first.title}`;
}

/** The first that goes on, of rows in the order of their class; where none does, the first. */
export function mostUrgent<Row extends { readonly clearedAt: string | null }>(
  rows: readonly Row[],
): Row | undefined {
  return rows.find(({ clearedAt }) => clearedAt === null) ?? rows[0];
}

/** Whether its cause is over while the incident is still open: what its title says is not so any more. */
export const isOver = ({ clearedAt, isOpen }: Pick<IncidentSummary, 'clearedAt' | 'isOpen'>): boolean =>
  isOpen && clearedAt !== null;

/** What to do next, from where the incident stands. */
export function nextStep(incident: IncidentView): string {
  switch (incident.status) {
    case 'detected':
      if (incident.clearedAt !== null)
        return incident.escalateAt === null
          ? 'Its cause is over, and nobody is asked about it any more: acknowledge it, and say that it is recovered.'
          : 'Its cause is over: acknowledge it, so that the clock stops, and say that it is recovered.';
      return incident.escalateAt === null
        ? 'Acknowledge it, so that others know that somebody attends to it.'
        : 'Acknowledge it, so that the clock stops and nobody else is asked.';
    case 'acknowledged':
    case 'mitigating':
      if (incident.clearedAt !== null)
        return 'Its cause is over: say that it is recovered, with a record that proves it or a reason.';
      return incident.contractId === null
        ? 'Find out why, and note what you do.'
        : 'Replay what it touches: the result says which state is right, and a trusted one proves the recovery.';
    case 'recovered':
      return 'Review it: what happened, what helped, and what is to change.';
    case 'reviewed':
      return 'Close it.';
    case 'closed':
      return 'Nothing is left to do.';
  }
}

/** Where a replay of what the signal touched is planned; null where there is no contract to replay. */
export function replayHref({ contractId, scope }: Pick<IncidentView, 'contractId' | 'scope'>): string | null {
  if (contractId === null) return null;
  const asked = new URLSearchParams({ contract: contractId });
  if (scope !== null && scope.partitions.length > 0) {
    asked.set('kind', 'offsets');
    asked.set(
      'offsets',
      scope.partitions.map(({ partition, from, to }) => `${partition}:${from}-${to}`).join('\n'),
    );
  }
  return `/replays/new?${asked}`;
}

/** What customers see of one derived state, as it was compared last. */
export function stateWords(state: NonNullable<IncidentView['states']>['rows'][number]): string {
  switch (state.outcome) {
    case 'equal':
      return `equals history on ${counted(state.keys, 'key')}`;
    case 'behind':
      return `is ${counted(Number(state.eventsBehind), 'event')} behind, and right as far as it has come`;
    case 'different':
      return `differs from history on ${state.differing} of ${counted(state.keys, 'key')}`;
    default:
      return 'could not be compared';
  }
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');

const list = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];

/** Lines of before have no ways. */
const byWhich = (by: unknown) => (list(by).length === 0 ? '' : ` by ${list(by).join(' and ')}`);

function passedOver(people: unknown, nameOf: (id: string) => string): string {
  const names = list(people).map(nameOf);
  return names.length === 0
    ? ''
    : `. ${names.join(', ')} could not be asked: no notice reaches ${names.length === 1 ? 'this person' : 'them'}`;
}

/** What a line says happened, after who did it; `nameOf` gives people their names. */
export function entryWords({ kind, detail }: EntryView, nameOf: (id: string) => string): string {
  switch (kind) {
    case 'raised':
      return `found it${text(detail.class) === '' ? '' : `, as ${text(detail.class)}`}`;
    case 'raised-again':
      return 'sees it still';
    case 'worse':
      return `found it worse: ${text(detail.from)} became ${text(detail.to)}`;
    case 'cleared':
      return 'sees that its cause is over';
    case 'returned':
      return 'sees that its cause is back';
    case 'related':
      return 'found another incident of the contract at about the same time';
    case 'acknowledged':
      return 'acknowledged it';
    case 'assigned':
      return detail.to === null ? 'assigned it to nobody' : `assigned it to ${nameOf(text(detail.to))}`;
    case 'class-changed':
      return `changed its class from ${text(detail.from)} to ${text(detail.to)}`;
    case 'escalated':
      return `asked ${nameOf(text(detail.to))}${byWhich(detail.by)}, because nobody had acknowledged it in time${passedOver(detail.passedOver, nameOf)}`;
    case 'not-escalated':
      return `asks nobody now: ${text(detail.why)}${passedOver(detail.passedOver, nameOf)}`;
    case 'mitigating':
      return 'began to mitigate it';
    case 'recovered':
      return 'said that it is over';
    case 'reviewed':
      return 'reviewed it';
    case 'closed':
      return 'closed it';
    case 'reopened':
      return 'opened it again';
    case 'replay':
    case 'promotion':
      return `${kind}: ${text(detail.action)
        .replace(/^[a-z]+\./, '')
        .replaceAll('-', ' ')}`;
    case 'evidence':
      return `record of a ${text(detail.kind)}, ${text(detail.status)}${text(detail.confidence) === '' ? '' : `: ${text(detail.confidence)}`}${text(detail.agreement) === '' ? '' : `, live states ${text(detail.agreement)}`}`;
    case 'notice':
      return `told people (${text(detail.notice).replaceAll('-', ' ')})`;
    case 'note':
      return 'noted';
    case 'link':
      return 'added a link';
    case 'file':
      return `added the file ${text(detail.name)}`;
    case 'correction':
      return 'corrected an earlier line';
    case 'runbook':
      return runbookWords[text(detail.did)] ?? 'went on with a runbook';
  }
}

/** What happened in the run of a runbook, after who did it or asked for it; the line's text names the step. */
const runbookWords: Readonly<Record<string, string>> = {
  started: 'began a runbook',
  done: 'ended a runbook',
  abandoned: 'abandoned a runbook',
  ticked: 'did a step by hand',
  skipped: 'skipped a step',
  'handed-over': 'handed a runbook over',
  succeeded: 'had a step done',
  failed: 'asked for a step, which failed',
  refused: 'asked for a step, which was refused',
  cancelled: 'asked for a step, which was cancelled',
  unknown: 'asked for a step, of which nobody can tell whether it was done',
};

/**
 * What became of each saga, from the events of its history.
 *
 * saga: one run through the steps that a contract names; its ordering key names it.
 * compensation: an event that undoes a step, or says that undoing it failed.
 * oddity: what an event says that the saga's steps do not allow. It is named and kept, and the saga goes on.
 */
import type { Saga } from '../contract/index.ts';

/** What the events alone say. Being stuck comes with time: see `isOverdue`. */
export const sagaLifecycles = [
  'running',
  'compensating',
  'completed',
  'cancelled',
  'compensation-failed',
] as const;
export type SagaLifecycle = (typeof sagaLifecycles)[number];

/** As it is shown and filtered by. */
export const sagaStates = [
  'stuck',
  'compensation-failed',
  'compensating',
  'running',
  'cancelled',
  'completed',
] as const;
export type SagaState = (typeof sagaStates)[number];

export const oddities = [
  /** An event with this id was there before: it changes nothing. */
  'repeated',
  /** The saga's first step has not been seen before this: it is older than the history, or out of order. */
  'beginning-unseen',
  /** A step was done before one that stands before it. */
  'out-of-order',
  /** The same step was done again, by another event. */
  'done-again',
  /** A step was undone, or undoing it failed, that was never done. */
  'never-done',
  /** Undone already. */
  'undone-again',
  /** The saga had ended before. */
  'after-its-end',
  /** It was cancelled while a step that can be undone stands. */
  'left-standing',
  /** Its type could be read, and its data could not. */
  'unreadable',
] as const;
export type Oddity = (typeof oddities)[number];

/** What happened to one step. */
export type StepMarks = { readonly done: boolean; readonly undone: boolean; readonly undoFailed: boolean };

export type SagaRun = {
  readonly key: string;
  readonly lifecycle: SagaLifecycle;
  /** The step that was done last; null: none was seen. */
  readonly step: string | null;
  readonly marks: Readonly<Record<string, StepMarks>>;
  readonly end: 'completed' | 'cancelled' | null;
  /** By the history's own time, ms since the epoch: of the earliest event, the latest, and the one that ended it. */
  readonly startedAtMs: number;
  readonly lastAtMs: number;
  readonly endedAtMs: number | null;
  /** Ids of its events so far. */
  readonly seen: ReadonlySet<string>;
  readonly events: number;
  readonly oddities: number;
};

export type SagaEvent = {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly atMs: number;
  /** Whether its data could be read as its version says. */
  readonly isReadable: boolean;
};

/** What an event is to a saga. One event can be several: OrderCancelled undoes a step and ends the saga. */
export type Role = StepRole | { readonly kind: 'completed' | 'cancelled' };
type StepRole = { readonly kind: 'done' | 'undone' | 'undo-failed'; readonly step: string };

export type Evolved = {
  readonly run: SagaRun;
  readonly roles: readonly Role[];
  readonly oddities: readonly Oddity[];
  /** The steps whose compensation was attempted, and those of them where it failed. */
  readonly attempted: readonly string[];
  readonly failed: readonly string[];
};

/** null: the saga has no use for such events. */
export function rolesOf(saga: Saga, type: string): readonly Role[] | null {
  const roles: Role[] = [];
  for (const { step, done, compensated, compensationFailed } of saga.steps) {
    if (type === done) roles.push({ kind: 'done', step });
    if (type === compensated) roles.push({ kind: 'undone', step });
    if (type === compensationFailed) roles.push({ kind: 'undo-failed', step });
  }
  if (saga.completed.includes(type)) roles.push({ kind: 'completed' });
  if (saga.cancelled.includes(type)) roles.push({ kind: 'cancelled' });
  return roles.length === 0 ? null : roles;
}

/**
 * The saga after an event that {@link rolesOf} knows. `before` is null where it is the first of its key.
 * An event that was there before (by its id) changes no step and counts as no attempt.
 */
export function evolve(saga: Saga, before: SagaRun | null, event: SagaEvent): Evolved {
  const roles = rolesOf(saga, event.type) ?? [];
  const at = before ?? begin(event);
  if (at.seen.has(event.id)) {
    const run = { ...at, events: at.events + 1, oddities: at.oddities + 1 };
    return { run, roles, oddities: ['repeated'], attempted: [], failed: [] };
  }
  const marks = new Map(Object.entries(at.marks));
  const found = new Set<Oddity>();
  if (!event.isReadable) found.add('unreadable');
  if (at.end !== null) found.add('after-its-end');
  let { step, end } = at;
  for (const role of roles) {
    if (!('step' in role)) {
      end ??= role.kind;
      continue;
    }
    for (const oddity of odditiesOf(saga, marks, role)) found.add(oddity);
    if (role.kind === 'done') step = role.step;
    marks.set(role.step, marked(marks.get(role.step), role.kind));
  }
  if (!marked(marks.get(saga.steps[0]?.step ?? '')).done) found.add('beginning-unseen');
  if (roles.some(({ kind }) => kind === 'cancelled') && leavesStanding(saga, marks))
    found.add('left-standing');
  const run: SagaRun = {
    key: at.key,
    lifecycle: lifecycleOf([...marks.values()], end),
    step,
    marks: Object.fromEntries(marks),
    end,
    startedAtMs: Math.min(at.startedAtMs, event.atMs),
    lastAtMs: Math.max(at.lastAtMs, event.atMs),
    endedAtMs: at.end === null && end !== null ? event.atMs : at.endedAtMs,
    seen: new Set([...at.seen, event.id]),
    events: at.events + 1,
    oddities: at.oddities + (found.size > 0 ? 1 : 0),
  };
  const attempts = roles.flatMap((role) =>
    role.kind === 'undone' || role.kind === 'undo-failed' ? [role] : [],
  );
  return {
    run,
    roles,
    oddities: oddities.filter((each) => found.has(each)),
    attempted: attempts.map((role) => role.step),
    failed: attempts.filter(({ kind }) => kind === 'undo-failed').map((role) => role.step),
  };
}

/** Whether it should have ended by now, and has not. */
export function isOverdue(
  { lifecycle, startedAtMs }: Pick<SagaRun, 'lifecycle' | 'startedAtMs'>,
  limitMs: number,
  nowMs: number,
): boolean {
  return isOpen(lifecycle) && startedAtMs < nowMs - limitMs;
}

/** Whether something is still to come by itself. Where a compensation has failed, somebody has to see to it. */
export function isOpen(lifecycle: SagaLifecycle): boolean {
  return lifecycle === 'running' || lifecycle === 'compensating';
}

const begin = ({ key, atMs }: SagaEvent): SagaRun => ({
  key,
  lifecycle: 'running',
  step: null,
  marks: {},
  end: null,
  startedAtMs: atMs,
  lastAtMs: atMs,
  endedAtMs: null,
  seen: new Set(),
  events: 0,
  oddities: 0,
});

const untouched: StepMarks = { done: false, undone: false, undoFailed: false };

function marked(marks: StepMarks | undefined, kind?: 'done' | 'undone' | 'undo-failed'): StepMarks {
  const before = marks ?? untouched;
  return {
    done: before.done || kind === 'done',
    undone: before.undone || kind === 'undone',
    undoFailed: before.undoFailed || kind === 'undo-failed',
  };
}

function* odditiesOf(
  saga: Saga,
  marks: ReadonlyMap<string, StepMarks>,
  { kind, step }: StepRole,
): Generator<Oddity> {
  const own = marks.get(step) ?? untouched;
  if (kind !== 'done') {
    if (!own.done) yield 'never-done';
    if (own.undone) yield 'undone-again';
    return;
  }
  if (own.done) yield 'done-again';
  const place = saga.steps.findIndex((each) => each.step === step);
  const earlier = saga.steps.slice(0, place);
  const isAhead = earlier.some((each) => !(marks.get(each.step) ?? untouched).done);
  const isLate = own.undone || own.undoFailed;
  if (isAhead || isLate) yield 'out-of-order';
}

function leavesStanding(saga: Saga, marks: ReadonlyMap<string, StepMarks>): boolean {
  return saga.steps.some(({ step, compensated }) => {
    const { done, undone } = marks.get(step) ?? untouched;
    return compensated !== null && done && !undone;
  });
}

/** A compensation that failed and was not made good stands above every end: an order is not cancelled that was not paid back. */
function lifecycleOf(marks: readonly StepMarks[], end: SagaRun['end']): SagaLifecycle {
  if (marks.some(({ undoFailed, undone }) => undoFailed && !undone)) return 'compensation-failed';
  if (end !== null) return end;
  return marks.some(({ undone, undoFailed }) => undone || undoFailed) ? 'compensating' : 'running';
}

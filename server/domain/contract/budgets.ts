/**
 * What a contract says of its failure budgets, of where its events were sent from, and of its saga: plain data.
 * The defaults are the four budgets of the field, a month each: 5 minutes of lag over a minute, less than 0.01 % of
 * duplicates, no lost event, less than 0.1 % of failed compensations.
 */

/** How bad an incident is: P1 data lost or corrupt, P2 degraded, P3 minor, P4 no customer sees it. */
export const incidentClasses = ['P1', 'P2', 'P3', 'P4'] as const;
export type IncidentClass = (typeof incidentClasses)[number];

/** What is measured against a budget. A contract may have several budgets of `lag`: one for each group and state. */
export const indicators = ['lag', 'duplicates', 'losses', 'compensations'] as const;
export type Indicator = (typeof indicators)[number];

/** A calendar month in the contract's time zone, or the last so many days. */
export type BudgetWindow =
  | { readonly kind: 'calendar-month' }
  | { readonly kind: 'rolling'; readonly days: number };

/** What follows when a budget burns too fast or is spent. The class is that of an exhausted budget. */
export type OnBreach = {
  /** null: no incident is opened, and the budget's page alone says it. */
  readonly incident: IncidentClass | null;
  /** The id of the runbook to propose. */
  readonly runbook: string | null;
  /** Whether a replay is proposed, over what the breach touched. */
  readonly replay: boolean;
};

/** Time in which something was more than `overMs` behind may come to `allowedMs` in a window. */
export type LagBudget = {
  readonly overMs: number;
  readonly allowedMs: number;
  /** A fast burn opens nothing before so much was spent: 14.4 times over an hour is six seconds of five minutes. */
  readonly minimumSpentMs: number;
  readonly window: BudgetWindow;
  readonly onBreach: OnBreach;
};

/** A share of all events (or compensations) may go wrong in a window. */
export type ShareBudget = {
  /** Of 1: 0.0001 is 0.01 %. */
  readonly share: number;
  /** Under so many in a window the share says nothing: it is shown, and opens nothing. */
  readonly minimumCount: number;
  readonly window: BudgetWindow;
  readonly onBreach: OnBreach;
};

/** None may be lost: there is no burn rate of nothing, and each is an incident by itself. */
export type LossBudget = {
  /** How long after it was sent an event may take to arrive before it counts as lost. */
  readonly graceMs: number;
  readonly window: BudgetWindow;
  readonly onBreach: OnBreach;
};

export type Budgets = {
  /** IANA name; months begin and end in it. */
  readonly timeZone: string;
  readonly lag: LagBudget | null;
  readonly duplicates:
    | (ShareBudget & {
        /** Two of one id further apart are not seen as one. */ readonly lookBackHours: number;
      })
    | null;
  readonly losses: LossBudget | null;
  readonly compensations: ShareBudget | null;
};

/** Where events were written before they were carried to the topic: an outbox, row by row. */
export type SentEvents = {
  readonly connection: string;
  readonly table: string;
  /** The column with the idempotency key, as the envelope's id says it. */
  readonly id: string;
  /** A timestamptz of when the row was written, by the clock of its database. */
  readonly at: string;
  /** A column that grows with each row and is indexed: rows are read once, in its order. */
  readonly position: string;
};

/** One step of a saga: what does it, what undoes it, and what says that undoing failed. Event types of the contract. */
export type SagaStep = {
  readonly step: string;
  readonly done: string;
  readonly compensated: string | null;
  readonly compensationFailed: string | null;
};

export type Saga = {
  readonly title: string;
  /** In their order. The first begins a saga: its ordering key names it. */
  readonly steps: readonly SagaStep[];
  /** Event types that end it well, and ill. */
  readonly completed: readonly string[];
  readonly cancelled: readonly string[];
  /** Older than this and not ended, it is stuck. */
  readonly limitMs: number;
};

type OnBreachInput = Partial<OnBreach>;
type WindowInput = 'month' | { days: number };
type ShareInput = { share?: number; minimumCount?: number; window?: WindowInput; onBreach?: OnBreachInput };

/** false: the contract has no such budget. */
export type BudgetsInput = {
  timeZone?: string;
  /** Of each budget that names none of its own. */
  window?: WindowInput;
  lag?:
    | false
    | {
        overMs?: number;
        allowedMs?: number;
        minimumSpentMs?: number;
        window?: WindowInput;
        onBreach?: OnBreachInput;
      };
  duplicates?: false | (ShareInput & { lookBackHours?: number });
  losses?: false | { graceMs?: number; window?: WindowInput; onBreach?: OnBreachInput };
  compensations?: false | ShareInput;
};

const MINUTE_MS = 60_000;

/** Fills in what a contract leaves out. */
export function budgetsOf(input: BudgetsInput = {}): Budgets {
  const window = (own: WindowInput | undefined): BudgetWindow => {
    const said = own ?? input.window ?? 'month';
    return said === 'month' ? { kind: 'calendar-month' } : { ...said, kind: 'rolling', days: said.days };
  };
  const breach = (own: OnBreachInput | undefined, incident: IncidentClass, replay: boolean): OnBreach => ({
    ...own,
    incident: own?.incident === undefined ? incident : own.incident,
    runbook: own?.runbook ?? null,
    replay: own?.replay ?? replay,
  });
  const { window: _, lag = {}, duplicates = {}, losses = {}, compensations = {}, ...rest } = input;
  return {
    // With what there is no field for, here and below: checkContract names that.
    ...rest,
    timeZone: input.timeZone ?? 'UTC',
    lag:
      lag === false
        ? null
        : {
            ...lag,
            overMs: lag.overMs ?? MINUTE_MS,
            allowedMs: lag.allowedMs ?? 5 * MINUTE_MS,
            minimumSpentMs: lag.minimumSpentMs ?? MINUTE_MS,
            window: window(lag.window),
            onBreach: breach(lag.onBreach, 'P2', false),
          },
    duplicates:
      duplicates === false
        ? null
        : {
            ...duplicates,
            share: duplicates.share ?? 0.0001,
            minimumCount: duplicates.minimumCount ?? 10_000,
            lookBackHours: duplicates.lookBackHours ?? 24,
            window: window(duplicates.window),
            onBreach: breach(duplicates.onBreach, 'P3', true),
          },
    losses:
      losses === false
        ? null
        : {
            ...losses,
            graceMs: losses.graceMs ?? 30_000,
            window: window(losses.window),
            onBreach: breach(losses.onBreach, 'P1', true),
          },
    compensations:
      compensations === false
        ? null
        : {
            ...compensations,
            share: compensations.share ?? 0.001,
            minimumCount: compensations.minimumCount ?? 1_000,
            window: window(compensations.window),
            onBreach: breach(compensations.onBreach, 'P2', false),
          },
  };
}

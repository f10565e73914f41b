import type { BudgetName, Counted, Exclusion, Span, Told } from '../../domain/budget/index.ts';
import type { Budgets, IncidentClass, Indicator } from '../../domain/contract/index.ts';
import type { SpendLink } from './budget-meter.ts';
import type { Transaction } from './unit-of-work.ts';

/** What the latest version of a contract says of what is watched. */
export type WatchedContract = {
  readonly contractId: string;
  readonly version: number;
  readonly title: string;
  readonly derivedStates: readonly string[];
  /** The subjects of its lag budgets; null: it was described before it could be said. */
  readonly counted: readonly string[] | null;
  /** null: the contract was described before it could be said. */
  readonly budgets: Budgets | null;
  /** Whether it names an outbox, and a saga: without, nobody can measure losses and failed compensations. */
  readonly hasOutbox: boolean;
  readonly hasSaga: boolean;
};

/** What was ever measured of one budget, as far as it is kept. */
export type Series = BudgetName & { readonly firstAt: Date; readonly lastAt: Date };

/** One stretch of one budget that is asked for; what is excluded is taken out. */
export type SumAsked = BudgetName & Span & { readonly excluded: readonly Span[] };
export type Summed = Counted & {
  /** Whether anything was measured in it, good, bad or not known. */
  readonly isMeasured: boolean;
};

export type SpendRow = {
  readonly id: string;
  readonly cause: string;
  readonly amount: number;
  readonly sentence: string;
  readonly link: SpendLink;
  readonly fromAt: Date;
  readonly toAt: Date;
  readonly takenBackAt: Date | null;
  readonly takenBackSentence: string | null;
};

/** An exclusion with who made it and who ended it. */
export type ExclusionRow = Omit<Exclusion, 'ends'> & {
  readonly reason: string;
  readonly personId: string;
  readonly madeAt: Date;
  readonly ends: readonly {
    readonly kind: 'ended' | 'revoked';
    readonly atMs: number;
    readonly reason: string;
    readonly personId: string;
    readonly madeAt: Date;
  }[];
};

export type AlertRow = BudgetName & Told & { readonly class: IncidentClass; readonly since: Date };

/** Where budgets are read and kept. Sums are exact to the minute, and to the hour of what is older than three days. */
export interface BudgetStore {
  watched(tx: Transaction): Promise<readonly WatchedContract[]>;
  series(tx: Transaction): Promise<readonly Series[]>;
  /** One sum for each that is asked for, in its order. */
  sums(tx: Transaction, asked: readonly SumAsked[]): Promise<readonly Summed[]>;
  /** The newest first, of those that touch the span. */
  spends(tx: Transaction, budget: BudgetName, span: Span, limit: number): Promise<readonly SpendRow[]>;
  /** Of a contract, or of all; those that reach into the time since `sinceMs`. */
  exclusions(
    tx: Transaction,
    asked: { readonly contractId: string | null; readonly sinceMs: number },
  ): Promise<readonly ExclusionRow[]>;
  /** One, locked, so that those who end it follow each other. */
  exclusion(tx: Transaction, id: string): Promise<ExclusionRow | null>;
  exclude(
    tx: Transaction,
    exclusion: Span & {
      readonly id: string;
      readonly contractId: string;
      readonly indicator: Indicator | null;
      readonly subject: string | null;
      readonly reason: string;
      readonly personId: string;
    },
  ): Promise<void>;
  endExclusion(
    tx: Transaction,
    end: {
      readonly id: string;
      readonly exclusionId: string;
      readonly kind: 'ended' | 'revoked';
      readonly atMs: number;
      readonly reason: string;
      readonly personId: string;
    },
  ): Promise<void>;
  alerts(tx: Transaction): Promise<readonly AlertRow[]>;
  /** Its time is the database's. */
  tell(tx: Transaction, alert: Omit<AlertRow, 'atMs'>): Promise<void>;
  endAlert(tx: Transaction, budget: BudgetName): Promise<void>;
  /**
   * Turns minutes before `beforeMs` into hours of a contract's time zone, with the same sums. Hours that an exclusion
   * touches stay minutes, so that it goes on counting to the minute. Answers how many minutes it took.
   */
  rollUp(
    tx: Transaction,
    beforeMs: number,
    zones: readonly { readonly contractId: string; readonly timeZone: string }[],
  ): Promise<number>;
  /** Takes away what is older. */
  sweep(tx: Transaction, beforeMs: number): Promise<void>;
}

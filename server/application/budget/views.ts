import type { Allowance, PairStanding, PairVerdict, Standing } from '../../domain/budget/index.ts';
import type { BudgetWindow, Indicator, OnBreach } from '../../domain/contract/index.ts';
import type { SpendLink } from '../ports/budget-meter.ts';

export type { Allowance, PairStanding, PairVerdict };

/** One budget and where it stands. Times are milliseconds since 1970. */
export type BudgetSummary = {
  /** What stands in its address. */
  readonly id: string;
  readonly contractId: string;
  readonly contractTitle: string;
  readonly indicator: Indicator;
  readonly subject: string;
  readonly allowance: Allowance;
  readonly windowKind: BudgetWindow;
  readonly timeZone: string;
  readonly onBreach: OnBreach;
  readonly standing: Standing;
  /** Why nothing is measured, where that is known. */
  readonly whyUnmeasured: string | null;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly nowMs: number;
};

/** The end of a stretch of the window, with all that had come together by then. */
export type BurnPoint = {
  readonly atMs: number;
  /** null: the stretch before it was not measured, which is a gap. */
  readonly spent: number | null;
  readonly total: number;
  /** Of this stretch alone. */
  readonly bad: number;
  readonly excludedBad: number;
};

export type SpendView = {
  readonly id: string;
  readonly cause: string;
  readonly amount: number;
  readonly sentence: string;
  readonly link: SpendLink;
  readonly fromMs: number;
  readonly toMs: number;
  readonly takenBack: { readonly atMs: number; readonly sentence: string } | null;
  /** Whether any of it lies in excluded time. */
  readonly isExcluded: boolean;
};

export type ExclusionView = {
  readonly id: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** What of it counts; null: nothing, it was revoked or ended before it began. */
  readonly effective: { readonly fromMs: number; readonly toMs: number } | null;
  /** Of the whole contract, or of this budget alone. */
  readonly isOfContract: boolean;
  readonly reason: string;
  readonly personId: string;
  readonly madeAtMs: number;
  readonly ends: readonly {
    readonly kind: 'ended' | 'revoked';
    readonly atMs: number;
    readonly reason: string;
    readonly personId: string;
  }[];
  /** What was spent in it, in the unit of the budget; 0 of one that counts for nothing. */
  readonly excludedBad: number;
};

export type BudgetDetail = BudgetSummary & {
  readonly points: readonly BurnPoint[];
  readonly spends: readonly SpendView[];
  /** There are more spends than are shown. */
  readonly moreSpends: boolean;
  readonly exclusions: readonly ExclusionView[];
};

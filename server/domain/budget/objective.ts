import type { Budgets, BudgetWindow, Indicator, OnBreach } from '../contract/index.ts';

/** How much may go wrong in a window: so much time, a share of what was counted, or nothing at all. */
export type Allowance =
  | {
      readonly kind: 'time';
      readonly overMs: number;
      readonly allowedMs: number;
      readonly minimumSpentMs: number;
    }
  | { readonly kind: 'share'; readonly share: number; readonly minimumCount: number }
  | { readonly kind: 'none'; readonly graceMs: number };

export type Objective = {
  readonly indicator: Indicator;
  readonly allowance: Allowance;
  readonly window: BudgetWindow;
  readonly timeZone: string;
  readonly onBreach: OnBreach;
};

/** What a contract allows of one indicator; null: it has no such budget. */
export function objectiveOf(budgets: Budgets, indicator: Indicator): Objective | null {
  const of = (
    budget: { readonly window: BudgetWindow; readonly onBreach: OnBreach },
    allowance: Allowance,
  ): Objective => ({
    indicator,
    allowance,
    window: budget.window,
    timeZone: budgets.timeZone,
    onBreach: budget.onBreach,
  });
  switch (indicator) {
    case 'lag': {
      const { lag } = budgets;
      if (lag === null) return null;
      const { overMs, allowedMs, minimumSpentMs } = lag;
      return of(lag, { kind: 'time', overMs, allowedMs, minimumSpentMs });
    }
    case 'losses':
      return budgets.losses && of(budgets.losses, { kind: 'none', graceMs: budgets.losses.graceMs });
    case 'duplicates':
    case 'compensations': {
      const budget = budgets[indicator];
      return budget && of(budget, { kind: 'share', share: budget.share, minimumCount: budget.minimumCount });
    }
  }
}

/** One budget: of lag each group and state has its own. */
export type BudgetName = {
  readonly contractId: string;
  readonly indicator: Indicator;
  /** Of lag `group:<consumer group>` or `state:<derived state>`; of the others the empty text. */
  readonly subject: string;
};

export const causeOf = ({ contractId, indicator, subject }: BudgetName): string =>
  `budget:${contractId}:${indicator}:${subject}`;

/** What stands in the address of a budget's page: `inventory:lag:group:warehouse-projector`, each part encoded. */
export function budgetId({ contractId, indicator, subject }: BudgetName): string {
  const parts = [contractId, indicator, ...(subject === '' ? [] : subject.split(':'))];
  return parts.map(encodeURIComponent).join(':');
}

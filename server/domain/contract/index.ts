export {
  type BudgetWindow,
  budgetsOf,
  type IncidentClass,
  type Indicator,
  incidentClasses,
  indicators,
  type LagBudget,
  type OnBreach,
} from './budgets.ts';
export type * from './define.ts';
export * from './describe.ts';
export * from './validate.ts';

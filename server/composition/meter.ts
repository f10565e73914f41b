/** What measurements are counted against budgets with. */
export { budgetMeter } from '../adapters/budgets/budget-meter.ts';

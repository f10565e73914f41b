export * from './age-budget.ts';
export { reconciliationFailures } from './outcome-counts.ts';
export * from './promotion-record.ts';
export * from './record.ts';
export * from './remarks.ts';
export * from './verdict-check.ts';

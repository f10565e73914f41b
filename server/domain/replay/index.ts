export * from './counters.ts';
export * from './lifecycle.ts';
export type * from './plan-types.ts';
export * from './record.ts';
export * from './scope.ts';
export * from './verdict-types.ts';
export * from './history-digest.ts';
export * from './seen-table.ts';

export * from './breach.ts';
export * from './burn.ts';
export * from './exclusion.ts';
export * from './objective.ts';
export * from './standing.ts';
export * from './ticks.ts';
export * from './window.ts';

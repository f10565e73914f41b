export * from './plan.ts';
export * from './standing.ts';
export * from './status.ts';
export * from './undo.ts';
export * from './unknown.ts';

export * from './compare-row.ts';
export * from './comparison-outcome.ts';
export * from './explain.ts';
export * from './invariants.ts';
export * from './layer-doubts.ts';
export * from './trace.ts';
export * from './types.ts';

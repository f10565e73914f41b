export * from './measure.ts';
export * from './series.ts';
export * from './stuck.ts';
export * from './time-over.ts';
export * from './verdict.ts';

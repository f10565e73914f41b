export * from './record.ts';
export * from './remarks.ts';
export * from './verdict-check.ts';

export * from './record.ts';
export * from './verdict-check.ts';

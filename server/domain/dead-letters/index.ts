export * from './cause.ts';
export * from './origin.ts';
export * from './redrive.ts';

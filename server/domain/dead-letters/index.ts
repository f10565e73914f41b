export * from './cause.ts';
export * from './origin.ts';
export * from './placing.ts';
export * from './redrive.ts';

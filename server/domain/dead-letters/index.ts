export * from './cause.ts';
export * from './origin.ts';

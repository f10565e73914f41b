export type * from './define.ts';
export * from './describe.ts';
export * from './validate.ts';

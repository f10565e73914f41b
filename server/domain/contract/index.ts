export type * from './define.ts';

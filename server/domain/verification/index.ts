export * from './bundle.ts';
export type { Report } from './report.ts';
export * from './verify-bundle.ts';

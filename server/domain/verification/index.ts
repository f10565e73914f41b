export * from './bundle.ts';
export type { CheckName, Report } from './report.ts';
export * from './shown-as-signed.ts';
export * from './verify-bundle.ts';

export * from './actions.ts';
export * from './runbook.ts';

export * from './actions.ts';
export * from './conditions.ts';
export * from './propose-parameters.ts';
export * from './propose-runbooks.ts';
export { parseArgument, parseTemplate, referencesIn, toText } from './references.ts';
export { type Resolved, resolveArguments } from './resolve.ts';
export * from './run.ts';
export * from './run-view.ts';
export * from './runbook.ts';

export * from './actions.ts';
export { type Checked, checkRunbook, sectionTitles } from './check-runbook.ts';
export * from './conditions.ts';
export { type ProposingIncident, proposeParameters } from './propose-parameters.ts';
export * from './propose-runbooks.ts';
export * from './raw.ts';
export { parseArgument, parseTemplate, referencesIn, toText } from './references.ts';
export { type Resolved, resolveArguments } from './resolve.ts';
export * from './runbook.ts';

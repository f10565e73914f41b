import type { ResultStore } from '../../application/ports/result-store.ts';
import { comparisonRows } from './comparisons.ts';
import { phaseLeases } from './phases.ts';
import { recordRows } from './records.ts';
import { shadowRows } from './shadow-rows.ts';

export { foldStore } from './folds.ts';
export { replayStore } from './replays.ts';
export { workerStore } from './workers.ts';

export const resultStore: ResultStore = { ...phaseLeases, ...shadowRows, ...comparisonRows, ...recordRows };

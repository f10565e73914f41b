import type { Preview } from '../../ports/runbook-actions.ts';

/** Of an action whose parameters say all that is to be approved. */
export const nothingFrozen = (sentence: string, shown: Preview['shown'] = []): Preview => ({
  sentence,
  shown,
  frozen: {},
});

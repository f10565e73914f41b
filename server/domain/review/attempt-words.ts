import type { RunFact } from './fact-types.ts';

export type AttemptFact = RunFact['attempts'][number];

/** A step that was skipped stands among the attempts as one without an action that was called off: nothing else is that. */
export const isSkip = ({ action, status }: AttemptFact): boolean => action === null && status === 'cancelled';

export const attemptStatus = (attempt: AttemptFact): string => (isSkip(attempt) ? 'skipped' : attempt.status);

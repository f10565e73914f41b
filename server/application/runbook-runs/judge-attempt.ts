import { type ErrorCode, RepriseError } from '../../domain/shared/errors.ts';
import type { AttemptRow } from '../ports/runs.ts';
import type { AttemptEnding } from './end-attempt.ts';

/** Why an attempt was told to stop. */
export type Stopped = 'cancelled' | 'timed-out' | 'lost' | 'shutdown';

type Judged = Pick<AttemptEnding, 'code' | 'sentence'> & {
  readonly status: 'failed' | 'refused' | 'cancelled' | 'unknown';
};

/** What was asked did not answer as it should: it may have been done all the same, and the answer alone was lost. */
const lostAnswers: readonly ErrorCode[] = [
  'history-unavailable',
  'derived-state-unavailable',
  'lease-lost',
  'internal',
];

const LOOK = 'nobody can tell whether it was done: look, then do it again';

/**
 * How an attempt ends that threw. What it says of itself goes first: it looked and declined, or failed in a way that it
 * knows, and not because an answer was lost. Of anything else that may have begun to change something outside, nobody can tell whether it did.
 */
export function judgeAttempt(
  { touches, timeoutSeconds }: Pick<AttemptRow, 'touches' | 'timeoutSeconds'>,
  stopped: Stopped | null,
  error: unknown,
): Judged {
  if (error instanceof RepriseError) {
    const { code, message } = error;
    if (touches === 'outside' && lostAnswers.includes(code))
      return { status: 'unknown', code, sentence: `${message.replace(/\.$/, '')}. So ${LOOK}.` };
    const declined = code === 'runbook-refused' || code === 'runbook-overtaken' || code === 'forbidden';
    return { status: declined ? 'refused' : 'failed', code, sentence: message };
  }
  const unknown = touches === 'outside';
  if (stopped === 'cancelled')
    return unknown
      ? { status: 'unknown', code: 'cancelled', sentence: `It was cancelled while it was done, and ${LOOK}.` }
      : { status: 'cancelled', code: 'cancelled', sentence: 'It was cancelled while it was done.' };
  if (stopped === 'timed-out') {
    const late = `It did not end within ${timeoutSeconds} s`;
    return unknown
      ? { status: 'unknown', code: 'timed-out', sentence: `${late}, and ${LOOK}.` }
      : { status: 'failed', code: 'timed-out', sentence: `${late}.` };
  }
  return unknown
    ? {
        status: 'unknown',
        code: 'internal',
        sentence: `It broke off, and ${LOOK}. The worker’s log says why.`,
      }
    : { status: 'failed', code: 'internal', sentence: 'It broke off. The worker’s log says why.' };
}

import { RepriseError } from '../../domain/shared/errors.ts';
import type { Stopped } from '../ports/runbook-actions.ts';
import type { AttemptRow } from '../ports/runs.ts';
import type { AttemptEnding } from './end-attempt.ts';

type Judged = Pick<AttemptEnding, 'code' | 'sentence'> & {
  readonly status: 'failed' | 'refused' | 'cancelled' | 'unknown';
};

const LOOK = 'nobody can tell whether it was done: look, then do it again';

/**
 * How an attempt ends that threw. Before it began to change anything it is as its own words have it: it looked and
 * declined, or failed. From then on (`changing`) it has refused nothing; and what it may have changed outside, nobody
 * can tell, whatever code the error has: an end that is known does not throw.
 */
export function judgeAttempt(
  { touches, timeoutSeconds }: Pick<AttemptRow, 'touches' | 'timeoutSeconds'>,
  stopped: Stopped | null,
  error: unknown,
  changing: boolean,
): Judged {
  const unknown = changing && touches === 'outside';
  if (error instanceof RepriseError) {
    const { code, message } = error;
    if (unknown) return { status: 'unknown', code, sentence: `${message.replace(/\.$/, '')}. So ${LOOK}.` };
    const declined = code === 'runbook-refused' || code === 'runbook-overtaken' || code === 'forbidden';
    return { status: declined && !changing ? 'refused' : 'failed', code, sentence: message };
  }
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

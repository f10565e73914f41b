import { describe, expect, it } from 'vitest';
import { RepriseError } from '../../domain/shared/errors.ts';
import { judgeAttempt } from './judge-attempt.ts';

const outside = { touches: 'outside', timeoutSeconds: 30 } as const;
const own = { touches: 'reprise', timeoutSeconds: 30 } as const;
const looking = { touches: 'nothing', timeoutSeconds: 30 } as const;

describe('an attempt that threw', () => {
  it.each([
    ['that declined is refused', outside, 'runbook-refused', 'refused'],
    ['that was overtaken is refused', outside, 'runbook-overtaken', 'refused'],
    ['whose input is wrong has failed', outside, 'input-invalid', 'failed'],
    ['that lost an answer before it changed anything has failed', outside, 'history-unavailable', 'failed'],
    ['that only looked has failed where nobody answered', looking, 'history-unavailable', 'failed'],
  ] as const)('%s', (_rule, attempt, code, status) => {
    const judged = judgeAttempt(attempt, null, new RepriseError(code, 'The broker did not answer.'), false);
    expect(judged).toEqual({ status, code, sentence: 'The broker did not answer.' });
  });

  it.each([
    ['declined', outside, 'runbook-refused', 'unknown'],
    ['was overtaken', outside, 'runbook-overtaken', 'unknown'],
    ['lost an answer', outside, 'history-unavailable', 'unknown'],
    ['met bad input', outside, 'input-invalid', 'unknown'],
    ['declined', own, 'runbook-refused', 'failed'],
  ] as const)(
    'after it began to change something and %s, of what touches %j, is never refused',
    (...[, attempt, code, status]) => {
      const judged = judgeAttempt(attempt, null, new RepriseError(code, 'It was so.'), true);
      expect(judged).toMatchObject({ status, code, sentence: expect.stringMatching(/^It was so\./) });
    },
  );

  it.each([
    ['cancelled', outside, true, 'unknown'],
    ['cancelled', outside, false, 'cancelled'],
    ['cancelled', looking, false, 'cancelled'],
    ['timed-out', outside, true, 'unknown'],
    ['timed-out', outside, false, 'failed'],
    ['timed-out', looking, false, 'failed'],
    [null, outside, true, 'unknown'],
    [null, outside, false, 'failed'],
    [null, own, true, 'failed'],
    [null, looking, false, 'failed'],
  ] as const)(
    'and was %s, of what touches %j and changing: %s, is %s',
    (stopped, attempt, changing, status) => {
      const error = new Error('a value that nobody should see');
      expect(judgeAttempt(attempt, stopped, error, changing)).toMatchObject({ status });
    },
  );
});

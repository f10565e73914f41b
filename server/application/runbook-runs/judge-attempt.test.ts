import { describe, expect, it } from 'vitest';
import { RepriseError } from '../../domain/shared/errors.ts';
import { judgeAttempt } from './judge-attempt.ts';

const outside = { touches: 'outside', timeoutSeconds: 30 } as const;
const looking = { touches: 'nothing', timeoutSeconds: 30 } as const;

describe('an attempt that threw', () => {
  it.each([
    ['that declined is refused', outside, 'runbook-refused', 'refused'],
    ['that was overtaken is refused', outside, 'runbook-overtaken', 'refused'],
    ['whose input is wrong has failed', outside, 'input-invalid', 'failed'],
    ['that lost an answer may have changed something', outside, 'history-unavailable', 'unknown'],
    ['that lost a database may have changed something', outside, 'derived-state-unavailable', 'unknown'],
    ['that only looked has failed where nobody answered', looking, 'history-unavailable', 'failed'],
  ] as const)('%s', (_rule, attempt, code, status) => {
    const judged = judgeAttempt(attempt, null, new RepriseError(code, 'The broker did not answer.'));
    expect(judged).toMatchObject({ status, code });
    expect(judged.sentence).toMatch(/^The broker did not answer\./);
  });

  it.each([
    ['cancelled', outside, 'unknown'],
    ['cancelled', looking, 'cancelled'],
    ['timed-out', outside, 'unknown'],
    ['timed-out', looking, 'failed'],
    [null, outside, 'unknown'],
    [null, looking, 'failed'],
  ] as const)('and was %s, of what touches %j, is %s', (stopped, attempt, status) => {
    expect(judgeAttempt(attempt, stopped, new Error('a value that nobody should see'))).toMatchObject({
      status,
    });
  });
});

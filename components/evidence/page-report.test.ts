import { describe, expect, it } from 'vitest';
import { wholeOf } from './page-report.ts';

describe('a verification as a whole', () => {
  const check = (outcome: 'pass' | 'fail' | 'not-run', code: string | null) => ({
    name: 'meaning',
    outcome,
    code,
    sentence: '',
  });
  it.each([
    [true, check('pass', null), 'verified', 'All of it holds.'],
    [true, check('not-run', 'not-asked'), 'verified', 'All of it holds.'],
    [false, check('fail', 'meaning-wrong'), 'failed', 'Not all of it holds: meaning.'],
    [false, check('not-run', 'part-missing'), 'unknown', 'Not all of it could be checked: meaning.'],
  ] as const)('is as good as its checks are: %j %j', (holds, of, tone, sentence) => {
    expect(wholeOf({ holds, checks: [of] })).toMatchObject({ tone, sentence });
  });
});

import { expect, it } from 'vitest';
import { RepriseError } from '../../domain/shared/errors.ts';
import { judgeFailure } from './failures.ts';

const withCode = (code: string) => Object.assign(new Error('a driver said so'), { code });

it.each([
  ['a truncated history', new RepriseError('history-truncated', 'gone'), 0, 'ends'],
  ['a recreated topic', new RepriseError('history-recreated', 'another'), 0, 'ends'],
  ['an impure projection', new RepriseError('projection-impure', 'the clock'), 0, 'ends'],
  ['a broker that is away', new RepriseError('history-unavailable', 'away'), 500, 'again'],
  ['a lease that has passed on', new RepriseError('lease-lost', 'lost'), 0, 'lost'],
  ['a refused connection', withCode('ECONNREFUSED'), 500, 'again'],
  ['a database that shuts down', withCode('57P01'), 500, 'again'],
  ['a connection that broke', withCode('08006'), 500, 'again'],
  ['a deadlock', withCode('40P01'), 500, 'again'],
  ['something nobody thought of', new TypeError('x is not a function'), 0, 'again'],
  ['something nobody thought of, ten times in a row', new TypeError('x is not a function'), 10, 'ends'],
  [
    'a connection lost behind another error',
    new Error('commit failed', { cause: withCode('ECONNRESET') }),
    99,
    'again',
  ],
] as const)('%s', (_name, error, retries, kind) => {
  expect(judgeFailure(error, retries).kind).toBe(kind);
});

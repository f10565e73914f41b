import { expect, it } from 'vitest';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Tries } from '../ports/result-store.ts';
import { judgeFailure } from './failures.ts';

const withCode = (code: string) => Object.assign(new Error('a driver said so'), { code });

const lasting = (code: 'history-unavailable' | 'derived-state-unavailable') =>
  new RepriseError(code, 'may not', { lasting: true });
const first: Tries = { retries: 0, lasting: 0 };
const manyTimes: Tries = { retries: 500, lasting: 0 };

it.each<[string, unknown, Tries, string]>([
  ['a truncated history', new RepriseError('history-truncated', 'gone'), first, 'ends'],
  ['a recreated topic', new RepriseError('history-recreated', 'another'), first, 'ends'],
  ['an impure projection', new RepriseError('projection-impure', 'the clock'), first, 'ends'],
  ['a right that is not held', new RepriseError('forbidden', 'no'), first, 'ends'],
  ['input that is none', new RepriseError('input-invalid', 'no'), first, 'ends'],
  ['a statement that is refused', new RepriseError('invariant-refused', 'no'), first, 'ends'],
  ['a broker that is away', new RepriseError('history-unavailable', 'away'), manyTimes, 'again'],
  [
    'a broker that has been away for a day',
    new RepriseError('history-unavailable', 'away'),
    { retries: 3000, lasting: 0 },
    'ends',
  ],
  ['a topic that may not be read', lasting('history-unavailable'), first, 'again'],
  [
    'a table that may not be read, after a broker was away',
    lasting('derived-state-unavailable'),
    manyTimes,
    'again',
  ],
  [
    'a topic that may not be read, ten times in a row',
    lasting('history-unavailable'),
    { retries: 10, lasting: 10 },
    'ends',
  ],
  ['a lease that has passed on', new RepriseError('lease-lost', 'lost'), first, 'lost'],
  ['a refused connection', withCode('ECONNREFUSED'), manyTimes, 'again'],
  ['a database that shuts down', withCode('57P01'), manyTimes, 'again'],
  ['a connection that broke', withCode('08006'), manyTimes, 'again'],
  ['a deadlock', withCode('40P01'), manyTimes, 'again'],
  ['something nobody thought of', new TypeError('x is not a function'), first, 'again'],
  [
    'something nobody thought of, after a broker was away',
    new TypeError('x is not a function'),
    manyTimes,
    'again',
  ],
  [
    'something nobody thought of, ten times in a row',
    new TypeError('x is not a function'),
    { retries: 10, lasting: 10 },
    'ends',
  ],
  [
    'a connection lost behind another error',
    new Error('commit failed', { cause: withCode('ECONNRESET') }),
    manyTimes,
    'again',
  ],
])('%s', (_name, error, tries, kind) => {
  expect(judgeFailure(error, tries).kind).toBe(kind);
});

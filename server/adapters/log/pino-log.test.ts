import { expect, it } from 'vitest';
import { describeError } from './pino-log.ts';

it('a logged error tells its cause and keeps passwords and driver settings to itself', () => {
  const cause = Object.assign(new Error('connect postgresql://app:hunter2@db:5432/x failed'), {
    code: 'ECONNREFUSED',
    config: { password: 'hunter2' },
  });
  const text = JSON.stringify(describeError(new Error('no database', { cause })));
  expect(text).toContain('ECONNREFUSED');
  expect(text).toContain('postgresql://app:[secret]@db:5432/x');
  expect(text).not.toContain('hunter2');
});

it('a fault of the job queue, which is a plain copy of an error, is logged in its own words', () => {
  const fault = Object.assign(new Error('relation "pgboss.job" does not exist'), { code: '42P01' });
  // As pg-boss emits it (manager.js).
  const copy = { ...fault, message: fault.message, stack: fault.stack, queue: 'replay-fold' };
  expect(describeError(copy)).toMatchObject({ code: '42P01', message: fault.message, stack: fault.stack });
});

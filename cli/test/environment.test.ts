import { expect, it } from 'vitest';
import { settingNames } from '../../server/env.ts';
import { testEnvironment } from './environment.ts';

it('the phases of a run get nothing of what the user has set for Reprise', () => {
  const names = settingNames.map((name) => name.replace('<NAME>', 'SHOP'));
  const set = [
    ...names,
    'DATABASE_URL_FILE',
    'CONSUMER_CONTROL_TOKEN_FILE',
    'OTEL_SERVICE_NAME',
    'REPRISE_X',
  ];
  const given = { ...Object.fromEntries(set.map((name) => [name, 'x'])), NODE_ENV: 'production' } as const;
  expect(testEnvironment(given)).toEqual({ NODE_ENV: 'test', NEXT_TELEMETRY_DISABLED: '1' });
});

it('they get what is for tests, and what is no setting', () => {
  const given = {
    PATH: '/bin',
    CI: 'true',
    REPRISE_TEST_DATABASE_URL: 'postgresql://127.0.0.1/test',
    REPRISE_BROWSER: '/usr/bin/chromium',
    NODE_ENV: 'production',
  } as const;
  expect(testEnvironment(given)).toMatchObject({ ...given, NODE_ENV: 'test' });
});

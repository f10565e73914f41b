import { expect, it } from 'vitest';
import { moment } from './moment.ts';

it.each([
  '2026-11-26T08:00:00Z',
  '2026-11-26T08:00:00.5+14:00',
  '1900-01-01T00:00:00Z',
  '2999-12-31T23:59:59Z',
])('takes %s', (text) => {
  expect(moment.safeParse(text).success).toBe(true);
});

it.each([
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+23:59',
  '9999-12-31T23:59:59-23:59',
  '2026-02-30T00:00:00Z',
  '2026-11-26',
  'x',
])('takes no %s', (text) => {
  expect(moment.safeParse(text).success).toBe(false);
});

import { expect, it } from 'vitest';
import { instantOf } from './instant-of.ts';

it('a field of date and time is an instant of UTC, or none', () => {
  expect(instantOf('2026-11-26T12:00')?.toISOString()).toBe('2026-11-26T12:00:00.000Z');
  expect([instantOf(''), instantOf('2026-13-45T12:00')]).toEqual([null, null]);
});

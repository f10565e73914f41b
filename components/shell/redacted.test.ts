import { expect, it } from 'vitest';
import { worthAsking } from './redacted.ts';

it('a failure without its message is asked for once more, and not again and again', () => {
  expect(worthAsking(undefined, 0)).toBe(false);
  expect(worthAsking('a', 0)).toBe(true);
  expect(worthAsking('a', 900)).toBe(false);
  expect(worthAsking('b', 900)).toBe(true);
  expect(worthAsking('a', 60_000)).toBe(true);
});

import { expect, test } from 'vitest';
import { firstDifference } from './bootstrap.mjs';

const lock = (packages: Record<string, object>) => JSON.stringify({ packages });

test('the same versions need no installation', () => {
  const packages = { 'node_modules/a': { version: '1.0.0' } };
  expect(firstDifference(lock({ '': {}, ...packages }), lock(packages))).toBeNull();
});

test('a package of another platform may be missing', () => {
  expect(
    firstDifference(lock({ 'node_modules/a': { version: '1.0.0', optional: true } }), lock({})),
  ).toBeNull();
});

test('a missing package and another version are named', () => {
  const locked = lock({ 'node_modules/a': { version: '1.0.0' } });
  expect(firstDifference(locked, lock({}))).toBe('node_modules/a is not installed');
  const installed = lock({ 'node_modules/a': { version: '2.0.0' } });
  expect(firstDifference(locked, installed)).toBe('node_modules/a is 2.0.0, not 1.0.0');
});

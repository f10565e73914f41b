import { resolve } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { contractsFolder, runbooksFolder } from './source-folders.ts';

afterEach(() => vi.unstubAllEnvs());

const root = resolve(import.meta.dirname, '../..');

it.each([
  ['REPRISE_CONTRACTS_DIR', contractsFolder, 'contracts'],
  ['REPRISE_RUNBOOKS_DIR', runbooksFolder, 'runbooks'],
])('an empty %s counts as not set, and is not the root of the repository', (name, folder, otherwise) => {
  vi.stubEnv(name, '');
  expect(folder()).toBe(resolve(root, otherwise));
  vi.stubEnv(name, 'mine');
  expect(folder()).toBe(resolve(root, 'mine'));
});

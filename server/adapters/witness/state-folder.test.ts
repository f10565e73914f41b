import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { witnessFolder } from './state-folder.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reprise-witness-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('keeps a fork whatever was shown before, and says where nothing more is kept', async () => {
  const memory = witnessFolder(folder);
  for (let n = 0; n < 100; n += 1)
    expect(await memory.keepRefused('rolled-back', 'newest', `old ${n}`)).not.toBeNull();
  expect(await memory.keepRefused('rolled-back', 'newest', 'another')).toBeNull();
  // One that is kept already is where it was.
  expect(await memory.keepRefused('rolled-back', 'newest', 'old 7')).not.toBeNull();
  const pair = await memory.keepRefused('forked', 'newest', 'the fork');
  expect(await readFile(join(pair ?? '', 'offered.checkpoint'), 'utf8')).toBe('the fork');
  expect(await readFile(join(pair ?? '', 'remembered.checkpoint'), 'utf8')).toBe('newest');
  expect(await readdir(join(folder, 'refused'))).toHaveLength(101);
});

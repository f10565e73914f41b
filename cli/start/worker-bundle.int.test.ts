import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleWorker } from './worker-bundle.ts';

const root = resolve(import.meta.dirname, '../..');
let cacheDir: string;

beforeAll(async () => {
  await mkdir(join(root, '.reprise'), { recursive: true });
  // Inside the repository, as the real one is: packages are found from there.
  cacheDir = await mkdtemp(join(root, '.reprise', 'bundled-'));
});

afterAll(() => rm(cacheDir, { recursive: true, force: true }));

describe('the worker in a few files', () => {
  it('is a program that finds all it needs and reads its settings', async () => {
    const { value, detail } = await bundleWorker(root, cacheDir);
    expect(detail).toBe('bundled');
    const { status, stderr } = spawnSync(process.execPath, [value], {
      cwd: root,
      env: { NODE_ENV: 'test', PATH: process.env.PATH },
      encoding: 'utf8',
    });
    expect(stderr).toContain('DATABASE_URL');
    expect(status).toBe(1);
  });

  it('has its threads beside it', async () => {
    const { value } = await bundleWorker(root, cacheDir);
    expect(await readdir(join(root, dirname(value)))).toContain('fold-thread.mjs');
  });

  it('is not made again from the same sources', async () => {
    const first = await bundleWorker(root, cacheDir);
    const second = await bundleWorker(root, cacheDir);
    expect(second).toEqual({ detail: 'unchanged', value: first.value });
  });

  it('is made again where half of it is there, and leaves three at most', async () => {
    const { value } = await bundleWorker(root, cacheDir);
    const folder = join(root, dirname(value));
    for (const age of [1, 2, 3, 4]) {
      const older = join(dirname(folder), `older-${age}`);
      await cp(folder, older, { recursive: true });
      await utimes(older, 1_000 - age, 1_000 - age);
    }
    await rm(join(root, value));
    const again = await bundleWorker(root, cacheDir);
    expect(again).toEqual({ detail: 'bundled', value });
    expect(await readdir(folder)).toContain('main.mjs');
    expect((await readdir(dirname(folder))).sort()).toEqual([folder.slice(-16), 'older-1', 'older-2'].sort());
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { childEnv } from '../../demo/testing/child-env.ts';
import { eventually } from '../../demo/testing/replay-world.ts';
import { testSigning } from '../../demo/testing/signing.ts';
import { createScratchDatabase } from '../../server/adapters/postgres/scratch-database.ts';
import { bundleWorker, compiledBeside } from './worker-bundle.ts';

const root = resolve(import.meta.dirname, '../..');
const bundleOnce = `
  const { bundleWorker } = await import('./cli/start/worker-bundle.ts');
  await bundleWorker(process.argv[1], process.argv[2]);
`;
let cacheDir = '';
let first: Awaited<ReturnType<typeof bundleWorker>>;

beforeAll(async () => {
  // Inside the repository, as the real one is: packages are found from there.
  const tests = join(root, '.reprise', 'test');
  await mkdir(tests, { recursive: true });
  cacheDir = await mkdtemp(join(tests, 'bundled-'));
  first = await bundleWorker(root, cacheDir);
});

afterAll(async () => {
  if (cacheDir !== '') await rm(cacheDir, { recursive: true, force: true });
});

describe('the worker in a few files', () => {
  it('has its threads beside it, and reads its settings', async () => {
    expect(first.detail).toBe('bundled');
    expect(await readdir(join(root, dirname(first.value)))).toEqual(
      expect.arrayContaining(['fold-thread.mjs', 'parser-child.mjs']),
    );
    const { status, stderr } = spawnSync(process.execPath, [first.value], {
      cwd: root,
      env: { NODE_ENV: 'test', PATH: process.env.PATH },
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(stderr).toContain('DATABASE_URL');
    expect(status).toBe(1);
  });

  it('migrates a database that one role owns and runs, registers contracts with SQL, and begins to work', async () => {
    const scratch = await createScratchDatabase(inject('databaseUrl'));
    const child = spawn(process.execPath, [first.value], {
      cwd: root,
      env: childEnv({
        ...testSigning,
        ...compiledBeside(root, first.value),
        DATABASE_URL: scratch.ownerUrl,
        REPRISE_CONTRACTS_DIR: join(root, 'contracts'),
        REPRISE_CHECKPOINT_DIR: join(cacheDir, 'checkpoints'),
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const keep = (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-4_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const exited = once(child, 'exit');
    const pool = new pg.Pool({ connectionString: scratch.ownerUrl, max: 1 });
    pool.on('error', () => undefined);
    try {
      await eventually('the worker to tell that it is alive', 60_000, async () => {
        const alive = await pool.query<{ pid: number }>('SELECT pid FROM worker').catch(() => ({ rows: [] }));
        return { done: alive.rows[0]?.pid === child.pid, value: null, seen: said };
      });
      const registered = await pool.query<{ id: string }>(
        'SELECT DISTINCT contract_id AS id FROM contract_version ORDER BY id',
      );
      expect(registered.rows.map(({ id }) => id)).toEqual(['accounts', 'inventory', 'orders']);
    } finally {
      child.kill('SIGTERM');
      await exited;
      await pool.end();
      await scratch.drop();
    }
  });

  it('is not made again from the same sources', async () => {
    expect(await bundleWorker(root, cacheDir)).toEqual({ detail: 'unchanged', value: first.value });
  });

  it('is made again where its first file is gone, and leaves what others may run from for a week', async () => {
    const folder = join(root, dirname(first.value));
    const daysAgo = async (name: string, days: number) => {
      const older = join(dirname(folder), name);
      await cp(folder, older, { recursive: true });
      const then = Date.now() / 1_000 - days * 24 * 3_600;
      await utimes(older, then, then);
    };
    await daysAgo('of-yesterday', 1);
    await daysAgo('of-last-month', 30);
    await rm(join(root, first.value));
    expect(await bundleWorker(root, cacheDir)).toEqual({ detail: 'bundled', value: first.value });
    expect(await readdir(folder)).toContain('main.mjs');
    const left = await readdir(dirname(folder));
    expect(left.sort()).toEqual([folder.slice(-16), 'of-yesterday'].sort());
  });

  it('is one and whole where several starts make it at once', async () => {
    await rm(dirname(join(root, dirname(first.value))), { recursive: true });
    const starts = [1, 2, 3].map(async () => {
      const one = spawn(process.execPath, ['--input-type=module', '-e', bundleOnce, root, cacheDir], {
        cwd: root,
        env: childEnv({}),
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const [code] = await once(one, 'exit');
      return code;
    });
    expect(await Promise.all(starts)).toEqual([0, 0, 0]);
    const folder = join(root, dirname(first.value));
    expect(await readdir(dirname(folder))).toEqual([folder.slice(-16)]);
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['main.mjs', 'fold-thread.mjs']));
  });
});

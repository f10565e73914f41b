import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
/** As in a clean clone, where nothing has generated the client of the database yet. */
const withoutClient = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      if (found.url.includes('/prisma/generated/')) throw new Error('read the generated client');
      return found;
    },
  });`)}`;

it.each([
  'migrate',
  'people first-administrator',
  'evidence retire-place',
  'promotions list',
  'promotions migration',
  'witness key',
])('%s takes --json', (words) => {
  const args = ['cli/reprise.ts', ...words.split(' '), '--help'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  expect(stdout).toContain('--json');
});

it('witness key prints JSON when it is asked to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'witness-key-'));
  const out = join(folder, 'key');
  const args = ['cli/reprise.ts', 'witness', 'key', '--name', 'mine', '--out', out, '--json'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  await rm(folder, { recursive: true });
  expect(JSON.parse(stdout)).toEqual({ verifierKey: expect.stringMatching(/^mine\+/), file: out });
});

it.each(['--help', 'evidence verify --help'])('%s works before anything is generated', (words) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', withoutClient, 'cli/reprise.ts', ...words.split(' ')],
    { cwd: root, encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^Usage: reprise/);
});

it('what nobody reads on either stream is no fault of a command', async () => {
  const late = `data:text/javascript,${encodeURIComponent(
    `process.once('beforeExit', () => { process.stdout.write('late'); process.stderr.write('late'); });`,
  )}`;
  const child = spawn(process.execPath, ['--import', late, 'cli/reprise.ts', '--help'], { cwd: root });
  child.stdout.destroy();
  child.stderr.destroy();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

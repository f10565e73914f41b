import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
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

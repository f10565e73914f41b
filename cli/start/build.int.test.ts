import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isRunning } from '../../demo/infra/process-identity.ts';
import { readIdentity, waitUntil } from '../../demo/infra/processes.ts';
import { buildPages, generateClient } from './build.ts';
import { childFile, stopLeftovers } from './instance.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'reprise-build-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(file: string, text: string): Promise<void> {
  await mkdir(join(root, file, '..'), { recursive: true });
  await writeFile(join(root, file), text);
}

const records = () => ({ logFile: join(root, 'build.log'), identityFile: childFile(root, 'build') });

test('a build that a killed launcher left is ended by the next one', async () => {
  await put('node_modules/next/dist/bin/next', 'setInterval(() => undefined, 1000)');
  const building = buildPages(root, join(root, 'build.key'), records()).catch(
    (error: Error) => error.message,
  );
  await waitUntil(async () => (await readIdentity(childFile(root, 'build'))) !== null, 10_000);
  const identity = await readIdentity(childFile(root, 'build'));
  if (identity === null) throw new Error('the build was not recorded');
  expect(isRunning(identity)).toBe(true);
  expect(await stopLeftovers(root, () => undefined)).toBe(1);
  expect(isRunning(identity)).toBe(false);
  expect(await building).toContain('next build failed (SIGTERM)');
});

test('a client is generated again where its sources or its own files are others, and not else', async () => {
  const generate = async () =>
    (await generateClient(root, join(root, 'client.key'), records())).value === 'built';
  // As Prisma does it: the file that is asked for first is not the last.
  const made = `const { mkdirSync, writeFileSync } = require('node:fs');
    mkdirSync('prisma/generated', { recursive: true });
    for (const name of ['client.ts', 'models.ts']) writeFileSync('prisma/generated/' + name, 'made');`;
  await put('node_modules/prisma/build/index.js', made);
  await put('prisma/schema.prisma', 'one');
  expect([await generate(), await generate()]).toEqual([true, false]);
  await rm(join(root, 'prisma/generated/models.ts'));
  expect([await generate(), await generate()]).toEqual([true, false]);
  expect(await readFile(join(root, 'prisma/generated/models.ts'), 'utf8')).toBe('made');
  await put('prisma/schema.prisma', 'two');
  expect([await generate(), await generate()]).toEqual([true, false]);
  expect(await readdir(join(root, 'children'))).toEqual([]);
});

import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { lastLines, startProcess, writeFileAtomically } from '../../demo/infra/processes.ts';

/** What the built pages depend on. Folders are read whole, tests apart. */
export const SOURCES = [
  'app',
  'components',
  'server',
  'public',
  'proxy.ts',
  'next.config.ts',
  'postcss.config.mjs',
  'tsconfig.json',
  'package.json',
  'package-lock.json',
  'prisma/schema.prisma',
];

async function filesBelow(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) return [];
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** SHA-256 over the names and contents of everything a build reads, in the order of the names; tests are left out. */
export async function sourcesDigest(root: string, sources: readonly string[]): Promise<string> {
  const files = (await Promise.all(sources.map((source) => filesBelow(join(root, source))))).flat();
  const hash = createHash('sha256');
  for (const file of files.filter((name) => !/\.test\.tsx?$/.test(name)).sort()) {
    hash.update(`${relative(root, file)}\0`);
    hash.update(
      createHash('sha256')
        .update(await readFile(file))
        .digest(),
    );
  }
  return hash.digest('hex');
}

/** Where a process of a build writes, and is recorded, so that a later start ends what a killed one left of it. */
export type BuildRecords = { logFile: string; identityFile?: string };

type BuildOutcome = { detail: string; value: 'built' | 'unchanged' };

/**
 * Runs `next build` unless the pages there were built from these very sources. The digest is kept
 * with Next's own build id, so that a build by somebody else is noticed.
 */
export async function buildPages(
  root: string,
  keyFile: string,
  records: BuildRecords,
): Promise<BuildOutcome> {
  const digest = await sourcesDigest(root, SOURCES);
  const buildId = () => readFile(join(root, '.next', 'BUILD_ID'), 'utf8').catch(() => '');
  const known = await readFile(keyFile, 'utf8').catch(() => '');
  const before = await buildId();
  if (before !== '' && known === `${digest} ${before}`) return { detail: 'unchanged', value: 'unchanged' };
  await runToEnd(['node_modules/next/dist/bin/next', 'build'], root, records, 'next build failed', {
    NEXT_TELEMETRY_DISABLED: '1',
    NODE_ENV: 'production',
  });
  await writeFileAtomically(keyFile, `${digest} ${await buildId()}`);
  return { detail: 'built', value: 'built' };
}

/** What the client is made of: its schema, and the versions of what makes it. */
const CLIENT_SOURCES = ['prisma/schema.prisma', 'prisma.config.ts', 'node_modules/.package-lock.json'];

/**
 * Runs `prisma generate` unless the client there was generated from these very sources, and is whole: its files are
 * written one after the other, and which one would be the last is Prisma's affair.
 */
export async function generateClient(
  root: string,
  keyFile: string,
  records: BuildRecords,
): Promise<BuildOutcome> {
  const key = async () =>
    `${await sourcesDigest(root, CLIENT_SOURCES)} ${await sourcesDigest(root, ['prisma/generated'])}`;
  const known = await readFile(keyFile, 'utf8').catch(() => '');
  if (known === (await key())) return { detail: 'unchanged', value: 'unchanged' };
  await runToEnd(
    ['node_modules/prisma/build/index.js', 'generate'],
    root,
    records,
    'prisma generate failed',
    {
      // `generate` wants a schema engine that is fetched from outside npm, and never runs it.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  );
  await writeFileAtomically(keyFile, await key());
  return { detail: 'generated', value: 'built' };
}

async function runToEnd(
  args: readonly string[],
  cwd: string,
  { logFile, identityFile }: BuildRecords,
  onFailure: string,
  env: Record<string, string>,
): Promise<void> {
  const started = await startProcess(process.execPath, args, {
    cwd,
    logFile,
    identityFile,
    env: { ...process.env, ...env },
  });
  const { code, signal } = await started.exited;
  if (identityFile !== undefined) await rm(identityFile, { force: true });
  if (code === 0) return;
  const how = signal ?? `code ${code}`;
  throw new Error([`${onFailure} (${how}). ${logFile} ends:`, ...(await lastLines(logFile, 40))].join('\n'));
}

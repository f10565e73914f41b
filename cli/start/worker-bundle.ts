import { access, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { sourcesDigest } from './build.ts';

const SOURCES = ['server', 'package-lock.json', 'tsconfig.json'];

/** Those that bring native code, WebAssembly or files of their own, and those that most workers never load. */
const LEFT_OUTSIDE = [
  '@node-rs/*',
  '@platformatic/wasm-utils',
  '@prisma/*',
  'libpg-query',
  'esbuild',
  'pg-native',
  'pino',
  '@opentelemetry/*',
  'kafkajs',
  'nodemailer',
];

/** Packages in CommonJS ask for what only such a module has. */
const COMMON_JS = [
  "import { createRequire as createRequireHere } from 'node:module';",
  'const require = createRequireHere(import.meta.url);',
].join('\n');

/** A worker that runs takes a chunk that it needs late from the folder that it began with. */
const KEPT = 3;

type WorkerBundle = { readonly detail: string; readonly value: string };

/**
 * Puts the worker's own code and most of its packages into a few files, and answers the path of the first from the
 * root. A thread that loads one file for a thousand is ready sooner and holds less (docs/bench.md). Names of functions
 * stay, so that a stack trace can be read. What was made from these very sources is not made again.
 */
export async function bundleWorker(root: string, cacheDir: string): Promise<WorkerBundle> {
  const folder = join(cacheDir, 'worker');
  const made = join(folder, (await sourcesDigest(root, SOURCES)).slice(0, 16));
  const value = relative(root, join(made, 'main.mjs'));
  if (await isThere(join(root, value))) return { detail: 'unchanged', value };
  const unfinished = `${made}.${process.pid}`;
  await build({
    absWorkingDir: root,
    entryPoints: ['server/workers/main.ts', 'server/workers/fold-thread.ts'],
    outdir: unfinished,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: LEFT_OUTSIDE,
    banner: { js: COMMON_JS },
    legalComments: 'none',
    logLevel: 'error',
  });
  // Another start may have made the same meanwhile; what lies there without its first file is of no use to anybody.
  if (await isThere(join(root, value))) await rm(unfinished, { recursive: true, force: true });
  else {
    await rm(made, { recursive: true, force: true });
    await rename(unfinished, made);
  }
  await dropOlder(folder);
  return { detail: 'bundled', value };
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function dropOlder(folder: string): Promise<void> {
  const names = await readdir(folder);
  const dated = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  const older = dated.sort((a, b) => b.at - a.at).slice(KEPT);
  await Promise.all(older.map(({ name }) => rm(join(folder, name), { recursive: true, force: true })));
}

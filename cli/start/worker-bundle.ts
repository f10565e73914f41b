import { createHash } from 'node:crypto';
import { access, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { type BuildOptions, build, stop } from 'esbuild';
import { workerSource } from '../../server/workers/arguments.ts';
import { sourcesDigest } from './build.ts';

const SOURCES = ['server', 'prisma/generated', 'package.json', 'package-lock.json', 'tsconfig.json'];

/**
 * Those that bring native code, WebAssembly or files of their own; what they share with what is put in, since both ask
 * whether an object is of their own class: Prisma's adapter of a pool, the driver's WebAssembly of a buffer; and those
 * that most workers never load.
 */
const LEFT_OUTSIDE: string[] = [
  '@node-rs/*',
  '@platformatic/wasm-utils',
  '@platformatic/dynamic-buffer',
  '@prisma/*',
  'pg',
  'libpg-query',
  'esbuild',
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

const options = {
  entryPoints: {
    main: 'server/workers/main.ts',
    'fold-thread': 'server/workers/fold-thread.ts',
    'parser-child': 'server/adapters/sql-invariant/parser-child.ts',
  },
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  // Constants are put where they are used: at the top of a bundle they are variables, which the JIT can't rely on.
  minifySyntax: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external: LEFT_OUTSIDE,
  banner: { js: COMMON_JS },
  legalComments: 'none',
  logLevel: 'error',
} as const satisfies BuildOptions;

/** A worker takes what it needs late from the folder that it began with, so a start from other sources leaves that there. */
const KEPT_MS = 7 * 24 * 3_600_000;
const tries = 3;

type WorkerBundle = { readonly detail: string; readonly value: string };

/**
 * Puts the worker's own code and most of its packages into a few files, and answers the path of the first from the
 * root. A thread that loads a few files for a thousand is ready sooner and holds less (docs/bench.md). What was made from
 * these very sources is not made again.
 */
export async function bundleWorker(root: string, cacheDir: string): Promise<WorkerBundle> {
  const folder = join(cacheDir, 'worker');
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const digest = await digestOf(root);
    const made = join(folder, digest);
    const value = relative(root, join(made, 'main.mjs'));
    if (await isThere(join(made, 'main.mjs'))) {
      await stillUsed(made);
      return { detail: 'unchanged', value };
    }
    const unfinished = `${made}.${process.pid}`;
    await bundle(root, unfinished);
    // What was saved meanwhile may be in it or not, so that it is under no digest.
    if ((await digestOf(root)) === digest) {
      await putInPlace(unfinished, made);
      // What can't be taken away is no reason not to start.
      await dropOlder(folder, made).catch(() => undefined);
      return { detail: 'bundled', value };
    }
    await drop(unfinished);
  }
  return { detail: 'from its source, which changes all the time', value: workerSource };
}

const renewMs = 3_600_000;

/** Says every hour that a worker runs from there; `stop` ends that. */
export function keepBundle(root: string, workerFile: string): { readonly stop: () => void } {
  if (workerFile === workerSource) return { stop: () => undefined };
  const renewing = setInterval(() => void stillUsed(resolve(root, dirname(workerFile))), renewMs);
  renewing.unref();
  return { stop: () => clearInterval(renewing) };
}

async function stillUsed(folder: string): Promise<void> {
  const now = new Date();
  // On a disk that can't be written to nothing is taken away either.
  await utimes(folder, now, now).catch(() => undefined);
}

/** Where node keeps what it has compiled of a bundle: it goes when the bundle goes. */
export function compiledBeside(root: string, workerFile: string): Readonly<Record<string, string>> {
  if (workerFile === workerSource) return {};
  return { NODE_COMPILE_CACHE: resolve(root, dirname(workerFile), 'compiled') };
}

/** Of the sources as they lie there, and of the options as this process has them, whatever is saved meanwhile. */
async function digestOf(root: string): Promise<string> {
  const hash = createHash('sha256').update(await sourcesDigest(root, SOURCES));
  return hash.update(JSON.stringify(options)).digest('hex').slice(0, 16);
}

async function bundle(root: string, outdir: string): Promise<void> {
  try {
    await build({ ...options, absWorkingDir: root, outdir });
  } finally {
    // Its process would stay as long as this one, with all that it has read.
    await stop();
  }
}

/** Another start may put the same in the same place at the same moment, and then it is that one's. */
async function putInPlace(unfinished: string, made: string): Promise<void> {
  try {
    await rename(unfinished, made);
  } catch {
    if (await isThere(join(made, 'main.mjs'))) return drop(unfinished);
    await drop(made);
    await rename(unfinished, made);
  }
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Its first file goes first: without that one the others count as nothing, should this be cut off. */
async function drop(folder: string): Promise<void> {
  await rm(join(folder, 'main.mjs'), { force: true });
  await rm(folder, { recursive: true, force: true });
}

async function dropOlder(folder: string, made: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const found = await stat(join(folder, name)).catch(() => null);
    if (found === null || name === basename(made)) continue;
    if (Date.now() - found.mtimeMs > KEPT_MS) await drop(join(folder, name));
  }
}

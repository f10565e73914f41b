import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { basename, join, relative } from 'node:path';
import type { Message, Plugin } from 'esbuild';
import type { ContractBundle, ContractProblem } from '../../application/ports/contracts.ts';
import type { Sha256Hex } from '../../domain/shared/ids.ts';
import type { BundleMemory } from './bundle-memory.ts';

type Bundled = { readonly bundles: readonly ContractBundle[]; readonly problems: readonly ContractProblem[] };

/**
 * Bundles every module directly under a folder. The same source gives the same bytes on every machine: no
 * absolute paths, no source map, no comments (so that a reworded comment is no new version). What `memory` holds and
 * nothing has changed of is not made again.
 */
export async function bundleFolder(folder: string, root: string, memory: BundleMemory): Promise<Bundled> {
  const found = await filesOf(folder, root);
  if ('problem' in found) return { bundles: [], problems: [found.problem] };
  const files = found.names;
  const paths = files.map((name) => join(folder, name));
  memory.retain(paths);
  const results = await Promise.all(
    paths.map(
      async (path) =>
        (await whyNoFile(path, root)) ?? (await memory.recall(path)) ?? bundleFile(path, root, memory),
    ),
  );
  return {
    bundles: results.flatMap((result) => ('bytes' in result ? [result] : [])),
    problems: results.flatMap((result) => ('sentence' in result ? [result] : [])),
  };
}

/** The names under which contracts are looked for, or why there is no looking. */
async function filesOf(
  folder: string,
  root: string,
): Promise<{ readonly names: readonly string[] } | { readonly problem: ContractProblem }> {
  try {
    const names = await readdir(folder);
    return {
      names: names.filter((name) => /\.m?[jt]s$/.test(name) && !/\.(test|d)\.m?[jt]s$/.test(name)).sort(),
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'There is no such folder' : code === 'ENOTDIR' ? 'It is no folder' : null;
    if (why === null) throw error;
    const sentence = `${why}, so no contract is read from it (REPRISE_CONTRACTS_DIR).`;
    const file = relative(root, folder);
    return { problem: { file: file.startsWith('..') ? folder : file, field: null, sentence } };
  }
}

/** Why there is nothing to bundle under this name; null where there is. A link leads to what it stands for. */
async function whyNoFile(path: string, root: string): Promise<ContractProblem | null> {
  const problem = (sentence: string) => ({ file: relative(root, path), field: null, sentence });
  try {
    return (await stat(path)).isFile() ? null : problem('It is no file.');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? problem('It is a link to something that is not there, or has just been taken away.')
      : problem(`It can't be read: ${error instanceof Error ? error.message : error}`);
  }
}

async function bundleFile(
  path: string,
  root: string,
  memory: BundleMemory,
): Promise<ContractBundle | ContractProblem> {
  const file = relative(root, path);
  const startedMs = Date.now();
  // Where it is needed: threads fold from bundles that are there already.
  const { build } = await import('esbuild');
  try {
    const { outputFiles, metafile } = await build({
      entryPoints: [path],
      absWorkingDir: root,
      bundle: true,
      write: false,
      // An expression-like module that needs nothing from outside: see load-bundle.
      format: 'cjs',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['import', 'default'],
      target: 'es2024',
      // An async function comes out as one that makes its promise by name, which a contract can't reach: there is
      // no waiting in F, and nothing that happens after it has answered.
      supported: { 'async-await': false, 'async-generator': false, 'for-await': false },
      // Contracts may live outside this repository and still use its zod.
      nodePaths: [join(root, 'node_modules')],
      minifyWhitespace: true,
      legalComments: 'none',
      sourcemap: false,
      metafile: true,
      logLevel: 'silent',
      plugins: [refuseOutside, leaveOutLanguages],
    });
    const bytes = outputFiles[0]?.contents ?? new Uint8Array();
    // Its failure would come when nobody waits for it any more. `__glob` is the bundler's form of import('./' + x).
    if (/\bimport\(|\b__glob\b/.test(new TextDecoder().decode(bytes)))
      return { file, field: null, sentence: `${file} ${importsLate}` };
    const digest = createHash('sha256').update(bytes).digest('hex') as Sha256Hex;
    const bundle = { file, bytes, digest };
    await memory.keep(path, bundle, { inputs: metafile.inputs, root, startedMs });
    return bundle;
  } catch (error) {
    return { file, field: null, sentence: sentenceOf(error, file) };
  }
}

const importsLate = 'imports something while it runs, by import(): import it at the top';

/** F can't reach what a machine offers, so a module that does could never run: say so where it is imported. */
const refuseOutside: Plugin = {
  name: 'refuse-outside',
  setup: ({ onResolve }) => {
    const builtins = new Set(builtinModules);
    onResolve({ filter: /./ }, ({ kind, importer }) =>
      kind === 'dynamic-import' ? { errors: [{ text: `${basename(importer)} ${importsLate}` }] } : undefined,
    );
    onResolve({ filter: /^(node:.+|[a-z_/]+)$/ }, ({ path }) => {
      if (!path.startsWith('node:') && !builtins.has(path)) return undefined;
      return {
        errors: [{ text: `a contract can't use ${path}: it is computed from the history alone, without IO` }],
      };
    });
  },
};

/** zod's error sentences in forty languages are half of its size; a bundle is loaded in every folding thread. */
const leaveOutLanguages: Plugin = {
  name: 'leave-out-languages',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

/** Every complaint of the bundler with file and line. */
function sentenceOf(error: unknown, file: string): string {
  const messages: readonly Message[] =
    error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  if (messages.length === 0) return `${file} could not be bundled: ${String(error)}`;
  return messages
    .map(({ text, location }) => (location === null ? text : `${location.file}:${location.line}: ${text}`))
    .join('; ');
}

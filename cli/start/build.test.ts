import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { SOURCES } from './build.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** By Next's own conventions: https://nextjs.org/docs/app/getting-started/project-structure#top-level-files */
const readByNext = [
  /^(proxy|middleware|instrumentation|instrumentation-client|mdx-components)\.[cm]?[jt]sx?$/,
  /^(next|postcss|tailwind|babel)\.config\.[cm]?[jt]s$|^\.postcssrc|^\.babelrc|^\.browserslistrc$/,
  /^(tsconfig|jsconfig|package|package-lock)\.json$/,
  /^\.env(\..+)?$/,
  /^(app|pages|src|public)$/,
];

it('pages are built anew when any file at the root changes that Next reads', async () => {
  const read = (await readdir(root)).filter((name) => readByNext.some((pattern) => pattern.test(name)));
  expect(read).toContain('next.config.ts');
  expect(read.filter((name) => !SOURCES.includes(name))).toEqual([]);
});

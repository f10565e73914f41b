import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The faces that the pages are set in, too. */
const faces = {
  text: 'geist-sans/Geist-Regular.ttf',
  strong: 'geist-sans/Geist-SemiBold.ttf',
  emphasis: 'geist-sans/Geist-Italic.ttf',
  code: 'geist-mono/GeistMono-Regular.ttf',
} as const;
export type Face = keyof typeof faces;
export const faceNames = Object.keys(faces) as readonly Face[];

let read: Promise<ReadonlyMap<Face, Buffer>> | null = null;

/** Read once. */
export function readFaces(): Promise<ReadonlyMap<Face, Buffer>> {
  read ??= Promise.all(
    faceNames.map(async (face) => [face, await readFile(join(folder(), faces[face]))] as const),
  ).then((all) => new Map(all));
  return read;
}

/** By the program that runs, or from where it runs: a bundler leaves no place of this file to go by. */
function folder(): string {
  const tried: unknown[] = [];
  for (const from of [process.argv[1], join(process.cwd(), 'package.json')])
    try {
      if (from !== undefined)
        return join(dirname(createRequire(from).resolve('geist/font/sans-non-variable')), 'fonts');
    } catch (error) {
      tried.push(error);
    }
  throw new Error('the fonts of the package geist are not there: run npm install', { cause: tried.at(-1) });
}

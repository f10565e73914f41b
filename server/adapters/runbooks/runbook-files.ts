import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadRunbook, RunbookFiles } from '../../application/ports/runbooks.ts';
import { checkRunbook, runbookBytes } from '../../domain/runbook/index.ts';
import { readMarkdown } from './read-markdown.ts';

/** Files of runbooks in a folder. A README there is about runbooks, and none itself. */
export function runbookFiles(folder: string): RunbookFiles {
  return {
    async readAll() {
      const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      });
      const files = names
        .filter((name) => name.endsWith('.md') && name.toLowerCase() !== 'readme.md')
        .toSorted();
      const read: ReadRunbook[] = [];
      for (const name of files) read.push(await readRunbook(join(folder, name), name));
      return read;
    },
  };
}

/** One file. `name` is what mistakes and versions call it. */
export async function readRunbook(path: string, name: string): Promise<ReadRunbook> {
  try {
    const { size } = await stat(path);
    if (size > runbookBytes)
      return wrong(name, `it has ${size} bytes, and a runbook at most ${runbookBytes}`);
    return parseRunbook(await readFile(path), name);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return wrong(name, `it can't be read: ${error.message}`);
  }
}

export function parseRunbook(bytes: Uint8Array, name: string): ReadRunbook {
  if (bytes.byteLength > runbookBytes)
    return wrong(name, `it has ${bytes.byteLength} bytes, and a runbook at most ${runbookBytes}`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return wrong(name, 'it is no text in UTF-8');
  }
  if (text.includes('\0')) return wrong(name, 'it holds a character that is none (U+0000)');
  const checked = checkRunbook(readMarkdown(text));
  if (checked.kind === 'right' && !isStorable(checked.runbook))
    return wrong(name, 'a value holds a character that is none, such as "\\0" or half of a pair');
  if (checked.kind === 'right')
    return {
      kind: 'read',
      file: {
        file: name,
        bytes,
        digest: createHash('sha256').update(bytes).digest('hex'),
        runbook: checked.runbook,
      },
    };
  return {
    kind: 'wrong',
    file: name,
    problems: checked.mistakes.map((mistake) => ({ ...mistake, file: name, runbookId: checked.id })),
  };
}

const wrong = (file: string, sentence: string): ReadRunbook => ({
  kind: 'wrong',
  file,
  problems: [{ file, runbookId: null, line: 1, sentence }],
});

/** Escapes in YAML can write what no database takes as text. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, each]) => isStorable(key) && isStorable(each));
}

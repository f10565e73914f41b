import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { ReadRunbook, RunbookFiles } from '../../application/ports/runbooks.ts';
import { type Against, checkRunbook, runbookBytes } from '../../domain/runbook/index.ts';
import { readMarkdown } from './read-markdown.ts';

/** Names that somebody gives a file of Markdown. */
const isMeant = /\.(?:md|mdown|markdown|mkd)$/i;

/** Files of runbooks in a folder. A README there is about runbooks, and none itself. */
export function runbookFiles(folder: string): RunbookFiles {
  return {
    async readAll(against) {
      const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      });
      const files = names.filter((name) => isMeant.test(name) && !/^\.|^readme\./i.test(name)).toSorted();
      const read: ReadRunbook[] = [];
      for (const name of files)
        read.push(
          name.endsWith('.md')
            ? await readRunbook(join(folder, name), name, against)
            : wrong(name, 'it is not read: the name of a runbook ends in .md'),
        );
      return read;
    },
  };
}

/** One file. `name` is what mistakes and versions call it. */
export async function readRunbook(path: string, name: string, against: Against): Promise<ReadRunbook> {
  try {
    const info = await stat(path);
    // Nobody may ever write into a pipe, and a device may never end.
    if (!info.isFile()) return wrong(name, 'it is no file');
    if (info.size > runbookBytes) return wrong(name, tooLarge(info.size));
    // What grows meanwhile, or has no size until it is read, is read no further than tells that.
    return parseRunbook(await buffer(createReadStream(path, { end: runbookBytes })), name, against);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return wrong(name, `it can't be read: ${error.message}`);
  }
}

export function parseRunbook(bytes: Uint8Array, name: string, against: Against): ReadRunbook {
  if (bytes.byteLength > runbookBytes) return wrong(name, tooLarge(bytes.byteLength));
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return wrong(name, 'this is no text in UTF-8', firstUnreadLine(bytes));
  }
  const none = text.indexOf('\0');
  if (none !== -1)
    return wrong(
      name,
      'this holds a character that is none (U+0000)',
      text.slice(0, none).split('\n').length,
    );
  if (text.trim() === '') return wrong(name, 'it is empty');
  const deep = tooDeepLine(text);
  if (deep !== null) return wrong(name, tooDeep, deep);
  const checked = checkedOrTooDeep(text, against);
  if (checked === null) return wrong(name, tooDeep);
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

const wrong = (file: string, sentence: string, line = 1): ReadRunbook => ({
  kind: 'wrong',
  file,
  problems: [{ file, runbookId: null, line, sentence }],
});

const tooLarge = (bytes: number): string =>
  `it has ${bytes} bytes or more, and a runbook at most ${runbookBytes}`;

const tooDeep = 'this is nested deeper than anybody reads';

/** Where lists and quotations stand in each other more often than a parser can follow. */
function tooDeepLine(text: string): number | null {
  const marks = /^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*/;
  const at = text
    .split(/\r\n|\r|\n/)
    .findIndex((line) => (marks.exec(line)?.[0].match(/[>*+.)-]/g)?.length ?? 0) > 30);
  return at === -1 ? null : at + 1;
}

/** null: the stack did not reach to the bottom of it. */
function checkedOrTooDeep(text: string, against: Against): ReturnType<typeof checkRunbook> | null {
  try {
    return checkRunbook(readMarkdown(text), against);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** No character of UTF-8 but the line feed holds its byte, so that lines can be told before they are text. */
function firstUnreadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  for (let from = 0; from <= bytes.length; line += 1) {
    const end = bytes.indexOf(0x0a, from);
    try {
      decoder.decode(bytes.subarray(from, end === -1 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end === -1) break;
    from = end + 1;
  }
  return 1;
}

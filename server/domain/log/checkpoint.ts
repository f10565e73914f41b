import { decodeBase64, encodeBase64 } from '../shared/base64.ts';
import { accepted, type Parsed, refused } from '../shared/parsed.ts';
import { hashBytes } from './hashes.ts';
import { isNoteLine } from './note.ts';
import { isSize, mustBeSize } from './tree.ts';

/** What a log commits to (C2SP tlog-checkpoint): who it is, how many entries it has, and the root over them. */
export type Checkpoint = {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly extensions: readonly string[];
};

/** An empty line would end the text of a note. */
const isLine = (line: string): boolean => line !== '' && isNoteLine(line);

/** The text that is signed, with its last newline. Throws a RangeError for what is no line, size or root. */
export function checkpointText({ origin, size, root, extensions }: Checkpoint): string {
  mustBeSize(size, 'the size of a log');
  if (root.length !== hashBytes) throw new RangeError(`a root has ${hashBytes} bytes, not ${root.length}`);
  const lines = [origin, String(size), encodeBase64(root), ...extensions];
  const broken = lines.find((each) => !isLine(each));
  if (broken !== undefined) throw new RangeError(`no line of a checkpoint: ${JSON.stringify(broken)}`);
  return lines.map((each) => `${each}\n`).join('');
}

export type CheckpointCode = 'checkpoint-malformed';

/** Reads the text of a note as a checkpoint, in its one right spelling. Lines after the third are kept, unread. */
export function parseCheckpoint(text: string): Parsed<Checkpoint, CheckpointCode> {
  const no = (sentence: string) => refused('checkpoint-malformed', sentence);
  if (!text.endsWith('\n')) return no('A checkpoint ends with a newline.');
  const [origin = '', sizeText = '', rootText = '', ...extensions] = text.slice(0, -1).split('\n');
  if (![origin, ...extensions].every(isLine))
    return no('A line of the checkpoint is empty, or holds a control character.');
  const size = /^(0|[1-9][0-9]{0,15})$/.test(sizeText) ? Number(sizeText) : Number.NaN;
  if (!isSize(size)) return no('The second line of a checkpoint is the size of the tree, in decimal digits.');
  const root = decodeBase64(rootText);
  if (root === null || root.length !== hashBytes)
    return no(`The third line of a checkpoint is the root of the tree: ${hashBytes} bytes in base64.`);
  return accepted({ origin, size, root, extensions });
}

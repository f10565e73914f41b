import { diff3Merge, diffComm } from 'node-diff3';

/** Lines that mark where both changed the same. */
export const marks = {
  mine: '<<<<<<< one version',
  between: '=======',
  theirs: '>>>>>>> the other version',
} as const;

export type Merged = {
  readonly text: string;
  /** Places where both changed the same lines: both stand there, between marks. */
  readonly conflicts: number;
};

const linesOf = (text: string): string[] => text.split('\n');

/**
 * What two people made of one text, together, line by line. No line that either wrote is lost: where both changed the
 * same lines, both stand there, marked. Source: Khanna, Kunal, Pierce, A Formal Investigation of Diff3 (FSTTCS 2007).
 */
export function mergeText(base: string, mine: string, theirs: string): Merged {
  if (mine === theirs || theirs === base) return { text: mine, conflicts: 0 };
  if (mine === base) return { text: theirs, conflicts: 0 };
  const out: string[] = [];
  let conflicts = 0;
  for (const region of diff3Merge(linesOf(mine), linesOf(base), linesOf(theirs), {
    excludeFalseConflicts: true,
  })) {
    if (region.ok !== undefined) out.push(...region.ok);
    if (region.conflict !== undefined) {
      conflicts += 1;
      out.push(marks.mine, ...region.conflict.a, marks.between, ...region.conflict.b, marks.theirs);
    }
  }
  return { text: out.join('\n'), conflicts };
}

/** Whether a text still holds marks of a place where two versions stand. */
export function hasMarks(text: string): boolean {
  // Also where somebody has indented them, or written behind them.
  return linesOf(text).some((line) => /^\s*(?:<{7}|>{7})(?:\s|$)/.test(line));
}

export type DiffPart = { readonly is: 'same' | 'removed' | 'added'; readonly lines: readonly string[] };

/** What one version has that the other has not, line by line. */
export function diffTexts(before: string, after: string): readonly DiffPart[] {
  const parts: DiffPart[] = [];
  const add = (is: DiffPart['is'], lines: readonly string[] | undefined) => {
    if (lines !== undefined && lines.length > 0) parts.push({ is, lines });
  };
  for (const part of diffComm(linesOf(before), linesOf(after))) {
    add('same', part.common);
    add('removed', part.buffer1);
    add('added', part.buffer2);
  }
  return parts;
}

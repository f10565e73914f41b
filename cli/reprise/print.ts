/** Where a command writes: stdout is the answer, stderr is everything else. */
export type Output = {
  readonly out: (text: string) => void;
  /** Stored bytes as they are, without a newline after them: their hash is what the record names. */
  readonly bytes: (text: string) => void;
  readonly err: (text: string) => void;
};

export const terminal: Output = {
  out: (text) => void process.stdout.write(`${inLines(text)}\n`),
  bytes: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(`${inLines(text)}\n`),
};

const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Words of others in one line, with what a terminal would obey and not show as `\u{1b}`: a bundle, or a name in it,
 * could else move the cursor and draw an answer of its own over this one.
 */
export const inOneLine = (text: string): string =>
  text.replaceAll(unseen, (each) => `\\u{${each.codePointAt(0)?.toString(16)}}`);

const inLines = (text: string): string => text.replaceAll(/[^\n\t]+/g, inOneLine);

/**
 * Whoever reads a command's answer may have had enough, as head does: what more there is is for nobody, and no fault.
 * The command goes on to its end and its exit code.
 */
export function endQuietlyWithReader(stream: NodeJS.WritableStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** JSON with two spaces, or in one line with none; bigint as text, since JSON has none. Nothing in it but its own lines moves a cursor. */
export function json(value: unknown, indent = 2): string {
  const text = JSON.stringify(
    value,
    (_, each) => (typeof each === 'bigint' ? each.toString() : each),
    indent,
  );
  return text.replaceAll(/[^\n]+/g, escaped);
}

/** JSON escapes by itself what is below U+0020; the others by their UTF-16 units, as JSON has it. */
const escaped = (line: string): string =>
  line.replaceAll(unseen, (each) =>
    each.replaceAll(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );

/** Columns lined up by spaces; the head is the first row. Figures are right-aligned where all of a column are figures. */
export function table(given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(inOneLine));
  const [head = []] = rows;
  const widths = head.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  const figures = head.map((_, at) => rows.slice(1).every((row) => /^[−\-\d,.]*$/.test(row[at] ?? '')));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (figures[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A list that ends before its end says so, on stderr. */
export function sayOlder({ err }: Output, page: { readonly next: string | null }): void {
  if (page.next !== null) err('There are older ones; --limit <n> shows more.');
}

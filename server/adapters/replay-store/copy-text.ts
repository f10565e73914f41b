/** Rows as PostgreSQL's COPY text format takes them: tab between columns, `\N` for null, backslash escapes. */
export type CopyValue = string | number | bigint | null;

const special = /[\\\t\n\r]/;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** Escapes one text value. Source: PostgreSQL documentation, COPY, "Text Format". */
export function escapeCopyText(text: string): string {
  return special.test(text) ? text.replace(/[\\\t\n\r]/g, (c) => escapes[c] ?? c) : text;
}

function copyLine(row: readonly CopyValue[]): string {
  let line = '';
  for (let i = 0; i < row.length; i++) {
    const value = row[i] ?? null;
    if (i > 0) line += '\t';
    line += value === null ? '\\N' : typeof value === 'string' ? escapeCopyText(value) : String(value);
  }
  return `${line}\n`;
}

const CHUNK_CHARACTERS = 64 * 1024;

/** Chunks of about 64 KiB, so that neither one huge string nor a write a row is needed. */
export function* copyChunks(rows: Iterable<readonly CopyValue[]>): Generator<Uint8Array> {
  let pending = '';
  for (const row of rows) {
    pending += copyLine(row);
    if (pending.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(pending, 'utf8');
    pending = '';
  }
  if (pending !== '') yield Buffer.from(pending, 'utf8');
}

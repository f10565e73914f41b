import { z } from 'zod';
import { RepriseError } from './errors.ts';

/** Where a keyset page ended, as opaque text: base64url of a JSON list of the last row's sort values. */
export function encodeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** Throws RepriseError input-invalid for text that no page gave out. */
export function decodeCursor<S extends z.ZodType>(cursor: string, schema: S): z.output<S> {
  const parsed = schema.safeParse(parseJson(cursor));
  if (parsed.success) return parsed.data;
  throw notGivenOut();
}

/** The error for a cursor that no page gave out. */
export function notGivenOut(): RepriseError {
  return new RepriseError(
    'input-invalid',
    'This page address is not one that was given out: start from the first page.',
    { where: 'cursor' },
  );
}

function parseJson(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

/** Cuts one row more than asked for into a page; `cursorOf` is asked for the last row shown. */
export function toPage<Row>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => readonly (string | number)[],
): { readonly rows: readonly Row[]; readonly next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last ? encodeCursor(cursorOf(last)) : null };
}

export const timeAndId = z.tuple([z.iso.datetime(), z.uuid()]);

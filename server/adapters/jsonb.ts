/**
 * JSON for a column of `jsonb`, which refuses U+0000 and half of a surrogate pair, though JSON can hold both. The
 * character that stands for what can't be shown takes their place.
 */
export function jsonb(value: NonNullable<unknown> | null): string {
  // An escaped backslash is passed over as one, so that what follows it is not taken for an escape.
  return JSON.stringify(value).replace(/\\(?:\\|u0000|ud[89a-f][0-9a-f]{2})/g, (found) =>
    found === '\\\\' ? found : '\\ufffd',
  );
}

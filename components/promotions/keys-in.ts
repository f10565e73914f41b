/** Keys as they are typed, one a line: a key may hold commas. null where none is typed: all of them. */
export function keysIn(text: string): string[] | null {
  const keys = text
    .split(/\r?\n/)
    .map((key) => key.trim())
    .filter((key) => key !== '');
  return keys.length === 0 ? null : [...new Set(keys)];
}

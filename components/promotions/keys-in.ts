/** Keys as they are typed, separated by commas; null where none is: all of them. */
export function keysIn(text: string): string[] | null {
  const keys = text
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  return keys.length === 0 ? null : [...new Set(keys)];
}

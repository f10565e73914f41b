/** A key as it stands in a text, and as it stands within a JSON text. */
export function writtenForms(keys: ReadonlySet<string>): readonly string[] {
  return [...new Set([...keys].flatMap((key) => [key, JSON.stringify(key).slice(1, -1)]))];
}

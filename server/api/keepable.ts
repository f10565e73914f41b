/** In what PostgreSQL keeps, as text or jsonb, there is neither NUL nor half of a surrogate pair. */
const isKeepable = (text: string) => text.isWellFormed() && !text.includes('\0');

/**
 * Where in an input stands something that can't be kept, as `scope.keys.3`, or null. Every input is looked at, so that
 * no procedure has to remember; names count too, since a record is kept with them. Without recursion: it is anybody's.
 */
export function whereUnkeepable(input: unknown): string | null {
  const open: [string, unknown][] = [['', input]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [where, value] = next;
    if (typeof value === 'string' && !isKeepable(value)) return where === '' ? 'input' : where;
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, inner] of Object.entries(value)) {
      const place = where === '' ? name : `${where}.${name}`;
      if (!isKeepable(name)) return where === '' ? 'input' : where;
      open.push([place, inner]);
    }
  }
  return null;
}

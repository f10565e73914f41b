/** One place at which two JSON values differ. `path` is of names and figures; '' is the value itself. */
export type Change = {
  readonly path: string;
  /** As JSON; null: there is nothing at this place. */
  readonly before: string | null;
  readonly after: string | null;
};

/** So deep nothing is told apart any more: what is nested further differs as a whole. */
const DEEPEST = 30;

/** Every scalar that differs between two JSON values, in the order of their members; at most `most`. */
export function changesBetween(before: unknown, after: unknown, most: number): readonly Change[] {
  const found: Change[] = [];
  const compare = (path: string, old: unknown, now: unknown, depth: number) => {
    if (found.length >= most) return;
    const [members, others] = [membersOf(old), membersOf(now)];
    const isNested = members.size > 0 || others.size > 0;
    if (isNested && depth < DEEPEST) {
      if (isNestable(old) && isNestable(now) && !isSameKind(old, now))
        found.push({ path, before: leaf(old), after: leaf(now) });
      else if (!isSameKind(old, now)) {
        if (members.size === 0 && old !== undefined) found.push({ path, before: leaf(old), after: null });
        if (others.size === 0 && now !== undefined) found.push({ path, before: null, after: leaf(now) });
      }
      for (const name of new Set([...members.keys(), ...others.keys()]))
        compare(path === '' ? name : `${path}.${name}`, members.get(name), others.get(name), depth + 1);
      return;
    }
    const [was, is] = [leaf(old), leaf(now)];
    if (was !== is) found.push({ path, before: was, after: is });
  };
  compare('', before, after, 0);
  return found.slice(0, most);
}

/** Both are objects, or both are lists. */
const isSameKind = (a: unknown, b: unknown) =>
  isNestable(a) && isNestable(b) && Array.isArray(a) === Array.isArray(b);

const isNestable = (value: unknown): value is object => typeof value === 'object' && value !== null;

function membersOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(isNestable(value) ? Object.entries(value) : []);
}

function leaf(value: unknown): string | null {
  if (value === undefined) return null;
  if (!isNestable(value)) return JSON.stringify(value);
  if (Object.keys(value).length === 0) return Array.isArray(value) ? '[]' : '{}';
  return Array.isArray(value) ? '[…]' : '{…}';
}

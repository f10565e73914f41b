/** Where in a text something stands, both counted from 1. */
export type TextPlace = { readonly line: number; readonly column: number };

const space = /[ \t\n\r]*/y;
const string = String.raw`"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`;
const text = new RegExp(string, 'y');
const scalar = new RegExp(
  String.raw`${string}|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null`,
  'y',
);

/** What may come next; within `[` and `{` also their end, where nothing stands in them yet. */
type Next = 'value' | 'value-or-end' | 'name' | 'name-or-end' | 'colon' | 'more-or-end' | 'nothing';

/** The first place at which a text is no JSON (RFC 8259); null: it is. Engines quote the text instead of saying where. */
export function whereJsonBreaks(given: string): TextPlace | null {
  const { brokenAt } = walk(given);
  return brokenAt === null ? null : placeOf(given, brokenAt);
}

/** The first name that stands twice in one object; null: none does. What parses keeps the last of them, and says nothing. */
export function doubledName(given: string): (TextPlace & { readonly name: string }) | null {
  const { doubled } = walk(given);
  return doubled === null ? null : { name: doubled.name, ...placeOf(given, doubled.at) };
}

type Walked = {
  readonly brokenAt: number | null;
  readonly doubled: { readonly name: string; readonly at: number } | null;
};

function walk(given: string): Walked {
  const open: { readonly sign: '[' | '{'; readonly names: Set<string> }[] = [];
  let doubled: Walked['doubled'] = null;
  let next: Next = 'value';
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(given)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const named = (from: number): void => {
    const name = JSON.parse(given.slice(from, at)) as string;
    const names = open.at(-1)?.names;
    if (names?.has(name)) doubled ??= { name, at: from };
    names?.add(name);
  };
  const isDone = (): Next => (open.length === 0 ? 'nothing' : 'more-or-end');
  for (;;) {
    take(space);
    const sign = given[at];
    const from = at;
    if (sign === undefined) return { brokenAt: next === 'nothing' ? null : at, doubled };
    const within = open.at(-1)?.sign;
    const mayEnd = next === 'value-or-end' || next === 'name-or-end' || next === 'more-or-end';
    if (mayEnd && sign === (within === '[' ? ']' : '}')) {
      open.pop();
      at += 1;
      next = isDone();
    } else if (next === 'more-or-end' && sign === ',') {
      at += 1;
      next = within === '[' ? 'value' : 'name';
    } else if (next === 'colon' && sign === ':') {
      at += 1;
      next = 'value';
    } else if ((next === 'name' || next === 'name-or-end') && take(text)) {
      named(from);
      next = 'colon';
    } else if (next !== 'value' && next !== 'value-or-end') return { brokenAt: at, doubled };
    else if (sign === '[' || sign === '{') {
      open.push({ sign, names: new Set() });
      at += 1;
      next = sign === '[' ? 'value-or-end' : 'name-or-end';
    } else if (take(scalar)) next = isDone();
    else return { brokenAt: at, doubled };
  }
}

function placeOf(given: string, at: number): TextPlace {
  const before = given.slice(0, at);
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') };
}

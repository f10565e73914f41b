import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Located, RunbookMistake } from '../../domain/runbook/index.ts';

/**
 * YAML 1.2 as plain data, with the line of each value. Aliases are refused: a few lines of them unfold to gigabytes.
 * Whole numbers beyond what a number holds come as their digits.
 */
export function readYaml(
  text: string,
  firstLine: number,
): { readonly data: Located | null; readonly mistakes: readonly RunbookMistake[] } {
  const counter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: counter,
    schema: 'core',
    version: '1.2',
    // See keysTwice: it compares each key with all before it.
    uniqueKeys: false,
    intAsBigInt: true,
    prettyErrors: false,
  });
  const lineAt = (offset: number) => firstLine + Math.max(counter.linePos(offset).line, 1) - 1;
  const mistakes: RunbookMistake[] = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    line: lineAt(pos[0]),
    sentence: `this is no YAML that can be read: ${message.split('\n')[0] ?? ''}${hintFor(message)}`,
  }));
  mistakes.push(...keysTwice(document, lineAt), ...aliasMistake(document, lineAt));
  if (mistakes.length > 0) return { data: null, mistakes };
  mistakes.push(...wrongValues(document, lineAt));
  const root = document.contents as Node | null;
  const pairOf = createPairLookup();
  return {
    data: { value: plain(document.toJS()), lineOf: (path) => lineOf(root, path, lineAt, pairOf) },
    mistakes,
  };
}

type PairLookup = (map: YAMLMap, key: string) => Pair | undefined;

/** Each map is gone through once: there may be as many mistakes in it as it has keys. */
function createPairLookup(): PairLookup {
  const known = new Map<YAMLMap, ReadonlyMap<string, Pair>>();
  return (map, name) => {
    const pairs =
      known.get(map) ??
      new Map(map.items.map((pair) => [String(isScalar(pair.key) ? pair.key.value : pair.key), pair]));
    known.set(map, pairs);
    return pairs.get(name);
  };
}

/** By what they are called as fields: `1` and `"1"` are one. */
function keysTwice(document: Document.Parsed, lineAt: (offset: number) => number): readonly RunbookMistake[] {
  const found: RunbookMistake[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name))
          found.push({
            line: lineAt(key.range?.[0] ?? 0),
            sentence: `this is no YAML that can be read: \`${name}\` stands twice`,
          });
        seen.add(name);
      }
    },
  });
  return found;
}

/** One mistake, at the first of them: who unfolds gigabytes by them writes thousands. */
function aliasMistake(
  document: Document.Parsed,
  lineAt: (offset: number) => number,
): readonly RunbookMistake[] {
  const found: RunbookMistake[] = [];
  visit(document, {
    Alias: (_, { range, source }) => {
      found.push({
        line: lineAt(range?.[0] ?? 0),
        sentence: `*${source} is an alias: write out what it stands for`,
      });
    },
  });
  const [first] = found;
  if (first === undefined) return [];
  const more = found.length - 1;
  return [more === 0 ? first : { ...first, sentence: `${first.sentence}, here and ${more} times more` }];
}

/** What no object and no database takes as it stands: it would be left out, or refused, where nobody looks. */
function wrongValues(
  document: Document.Parsed,
  lineAt: (offset: number) => number,
): readonly RunbookMistake[] {
  const found: RunbookMistake[] = [];
  visit(document, {
    Scalar: (key, { value, range }) => {
      if (typeof value !== 'string') return;
      const line = lineAt(range?.[0] ?? 0);
      if (key === 'key' && value === '__proto__')
        found.push({ line, sentence: 'there is no field `__proto__`' });
      if (!value.isWellFormed() || value.includes('\0'))
        found.push({
          line,
          sentence: 'this holds a character that is none, such as "\\0" or half of a pair',
        });
    },
  });
  return found;
}

/** What people stumble over. */
function hintFor(message: string): string {
  if (message.includes('Nested mappings')) return ' (put text that holds ": " in quotes)';
  return message.includes('flow') ? ' (put ${…} in quotes within [ ] and { })' : '';
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => (key === '__proto__' ? [] : [[key, plain(each)]])),
  );
}

/** The line of the key where it leads to one, and of the item in a list. */
function lineOf(
  root: Node | null,
  path: readonly PropertyKey[],
  lineAt: (offset: number) => number,
  pairOf: PairLookup,
): number {
  let node: unknown = root;
  let line = lineAt(root?.range?.[0] ?? 0);
  for (const step of path) {
    if (isMap(node)) {
      const pair = pairOf(node, String(step));
      if (pair === undefined) return line;
      if (isScalar(pair.key) && pair.key.range) line = lineAt(pair.key.range[0]);
      node = pair.value;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(step)];
      if (isMap(item) || isSeq(item) || isScalar(item)) line = lineAt(item.range?.[0] ?? 0);
      node = item;
    } else return line;
  }
  return line;
}

import { type KnownStatement, parseStatement } from './statement.schema.ts';

export type WholeStatement =
  | { readonly outcome: 'whole'; readonly statement: KnownStatement }
  | { readonly outcome: 'part-missing'; readonly parts: readonly string[] }
  | { readonly outcome: 'part-wrong'; readonly sentence: string };

type Fields = Record<string, unknown>;

/** Its members are spread over the comparisons that are shown. Nothing that a record concludes follows from them. */
const positionsPart = 'comparisons.appliedPositions';

/**
 * A record with its parts that were too long for it, from what stands beside it: texts by name, which the caller has
 * held against their digests. Its list of such parts is empty then.
 */
export function wholeStatement(
  statement: KnownStatement,
  texts: ReadonlyMap<string, string | null>,
): WholeStatement {
  const { predicate } = statement;
  const cut = 'attachments' in predicate ? predicate.attachments.map(({ of }) => of) : [];
  if (cut.length === 0) return { outcome: 'whole', statement };
  const parts = cut.filter((of) => !texts.has(of));
  if (parts.length > 0) return { outcome: 'part-missing', parts };
  const whole = structuredClone<object>(predicate) as Fields;
  for (const of of cut) {
    if (of === positionsPart) continue;
    const value = jsonOf(texts.get(of) ?? null);
    if (value === undefined || !put(whole, of.split('.'), value))
      return { outcome: 'part-wrong', sentence: `The part ${of} beside the record is none of it.` };
  }
  const read = parseStatement({ ...statement, predicate: { ...whole, attachments: [] } });
  return read.ok
    ? { outcome: 'whole', statement: read.value }
    : { outcome: 'part-wrong', sentence: `A part beside the record does not fit it: ${read.sentence}` };
}

function put(root: Fields, [first = '', ...rest]: readonly string[], value: unknown): boolean {
  if (rest.length === 0) {
    root[first] = value;
    return true;
  }
  const next = root[first];
  return typeof next === 'object' && next !== null && put(next as Fields, rest, value);
}

function jsonOf(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

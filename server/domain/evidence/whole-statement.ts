import { canonicalJson, isCanonical } from '../shared/canonical-json.ts';
import { type CutPart, utf8Bytes } from './cuts.ts';
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
 * held against their digests. Its list of such parts is empty then. What the record says of a part, and the beginning
 * that it shows, has to be the part's. Whatever the record is, it does not throw: whoever signed it is not trusted.
 */
export function wholeStatement(
  statement: KnownStatement,
  texts: ReadonlyMap<string, string | null>,
): WholeStatement {
  const { predicate } = statement;
  const cut: readonly CutPart[] = 'attachments' in predicate ? predicate.attachments : [];
  if (cut.length === 0) return { outcome: 'whole', statement };
  const parts = cut.map(({ of }) => of).filter((of) => !texts.has(of));
  if (parts.length > 0) return { outcome: 'part-missing', parts };
  const whole = structuredClone<object>(predicate) as Fields;
  for (const part of cut) {
    const text = texts.get(part.of) ?? null;
    const value = jsonOf(text);
    // What follows serialises it, which half of a character or an infinite number has no form in.
    if (text === null || !isCanonical(value, text))
      return {
        outcome: 'part-wrong',
        sentence: `The part ${JSON.stringify(part.of)} beside the record is not in its canonical form (RFC 8785).`,
      };
    const place = part.of === positionsPart ? null : placeOf(whole, part.of.split('.'));
    const isIts =
      utf8Bytes(text) === part.bytes &&
      countOf(part.of, value) === part.count &&
      (part.of === positionsPart || (place !== null && beginsWith(place.in[place.name], value, part)));
    if (!isIts)
      return {
        outcome: 'part-wrong',
        sentence: `The part ${JSON.stringify(part.of)} beside the record is not what the record says of it.`,
      };
    if (place !== null) place.in[place.name] = value;
  }
  const read = parseStatement({ ...statement, predicate: { ...whole, attachments: [] } });
  return read.ok
    ? { outcome: 'whole', statement: read.value }
    : { outcome: 'part-wrong', sentence: `A part beside the record does not fit it: ${read.sentence}` };
}

/** Through own fields of plain objects alone, to one that is there: a path is the record's word. */
function placeOf(
  root: Fields,
  [first = '', ...rest]: readonly string[],
): { readonly in: Fields; readonly name: string } | null {
  if (!Object.hasOwn(root, first)) return null;
  if (rest.length === 0) return { in: root, name: first };
  const next = root[first];
  return isFields(next) ? placeOf(next, rest) : null;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Members, as a record counts them; null for what is no such part. */
function countOf(of: string, value: unknown): number | null {
  if (of === positionsPart) {
    if (!Array.isArray(value)) return null;
    let sum = 0;
    for (const each of value) {
      if (!isFields(each) || !Array.isArray(each.appliedPositions)) return null;
      sum += each.appliedPositions.length;
    }
    return sum;
  }
  if (Array.isArray(value)) return value.length;
  if (!isFields(value)) return null;
  return of === 'contract.description' ? 1 : Object.keys(value).length;
}

/** Whether what a record shows of a part is its beginning, or for named members some of them. */
function beginsWith(shown: unknown, whole: unknown, { of, shown: said }: CutPart): boolean {
  if (shown === null) return said === 0;
  if (Array.isArray(shown) && Array.isArray(whole))
    return (
      shown.length === said &&
      shown.every((each, at) => canonicalJson(short(of, each)) === canonicalJson(short(of, whole[at])))
    );
  return (
    isFields(shown) &&
    isFields(whole) &&
    Object.keys(shown).length === said &&
    Object.entries(shown).every(
      ([name, each]) => Object.hasOwn(whole, name) && canonicalJson(each) === canonicalJson(whole[name]),
    )
  );
}

/** Positions of comparisons are a part of their own, and cut on their own. */
function short(of: string, member: unknown): unknown {
  if (of !== 'comparisons' || !isFields(member)) return member ?? null;
  const { appliedPositions: _, ...rest } = member;
  return rest;
}

function jsonOf(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

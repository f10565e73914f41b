import { isUtf8 } from 'node:buffer';
import type { Scalar, TopicState } from '../../../domain/contract/index.ts';
import { exactNumberOrText } from '../../exact-number.ts';
import { unreadable } from './errors.ts';
import { type FigureForm, type FigureForms, formOf, inForm, rawJson } from './figures.ts';

/** Of several headers with one name the last, and of one without a value an empty one. */
export type RowHeaders = readonly (readonly [name: string, value: Buffer])[];

/** The last record of a key. */
export type TopicRow = {
  readonly value: Buffer;
  readonly headers: RowHeaders;
  readonly partition: number;
  readonly offset: number;
};

type JsonObject = Readonly<Record<string, unknown>>;
type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/**
 * The mapped fields of a row. A number that a double does not hold exactly is its decimal text, as everywhere that
 * live values are compared. Throws derived-state-unavailable, naming the record's place, for what can't be mapped.
 */
export function fieldsOf(state: TopicState<unknown>, row: TopicRow): Readonly<Record<string, Scalar>> {
  const value = parseObject(state, row, (_key, each, context) =>
    typeof each === 'number' && isPlainDecimal(context?.source) ? exactNumberOrText(context.source) : each,
  );
  const fields: Record<string, Scalar> = {};
  for (const [field, { path }] of Object.entries(state.fields)) {
    const found = memberAt(value, path);
    if (found === undefined)
      throw unreadable(
        state,
        row,
        `has no ${path} in its value, which the contract compares as ${field}.`,
        'Correct the path in the contract, or have the projector write it, as null where there is none.',
      );
    if (!isScalar(found))
      throw unreadable(
        state,
        row,
        `has ${Array.isArray(found) ? 'a list' : 'an object'} at ${path}, and what is compared is a text, a number, true, false or null.`,
        'Name a path within it in the contract.',
      );
    if (typeof found === 'string' && !isStorable(found))
      throw unreadable(
        state,
        row,
        `has a text at ${path} that can't be compared: it holds U+0000, or half of a character (a lone surrogate).`,
        'Have the projector write the whole text.',
      );
    fields[field] = found;
  }
  return fields;
}

/**
 * The value with some of its fields set, and all else in it as it was, to the last digit. null: one of them is a figure,
 * and neither what stood there nor `forms` tells how it is to stand there.
 */
export function withFields(
  state: TopicState<unknown>,
  row: TopicRow,
  fields: Readonly<Record<string, Scalar>>,
  forms: FigureForms,
): string | null {
  const value = parseObject(state, row, (_key, each, context) =>
    typeof each === 'number' && context?.source !== undefined && String(each) !== context.source
      ? rawJson(context.source)
      : each,
  );
  return textOf(state, value, fields, forms);
}

/** The value of a row that nobody has written before: the mapped fields, and nothing else. null: as withFields. */
export function newValue(
  state: TopicState<unknown>,
  fields: Readonly<Record<string, Scalar>>,
  forms: FigureForms,
): string | null {
  return textOf(state, {}, fields, forms);
}

/** What a row tells of the form of figures at the mapped paths; nothing where it can't be read. */
export function* formsIn(state: TopicState<unknown>, row: TopicRow): Generator<[string, FigureForm]> {
  let value: unknown;
  try {
    value = JSON.parse(row.value.toString('utf8'));
  } catch {
    return;
  }
  for (const { path } of Object.values(state.fields)) {
    const form = formOf(memberAt(value, path));
    if (form !== null) yield [path, form];
  }
}

export function sameHeaders(some: RowHeaders, others: RowHeaders): boolean {
  return (
    some === others ||
    (some.length === others.length &&
      some.every(([name, value], at) => {
        const other = others[at];
        return other !== undefined && other[0] === name && other[1].equals(value);
      }))
  );
}

function textOf(
  state: TopicState<unknown>,
  value: JsonObject,
  fields: Readonly<Record<string, Scalar>>,
  forms: FigureForms,
): string | null {
  let changed = value;
  for (const [field, wanted] of Object.entries(fields)) {
    const path = state.fields[field]?.path;
    if (path === undefined) continue;
    const member = inForm(wanted, memberAt(value, path), forms.get(path));
    if (member === undefined) return null;
    changed = withMember(changed, path.split('.'), member);
  }
  return JSON.stringify(changed);
}

function withMember(value: unknown, [name, ...rest]: readonly string[], wanted: unknown): JsonObject {
  const before = isObject(value) ? value : {};
  if (name === undefined) return before;
  const own = Object.hasOwn(before, name) ? before[name] : undefined;
  const member = rest.length === 0 ? wanted : withMember(own, rest, wanted);
  // Defined and not assigned: a member may be called __proto__.
  return Object.defineProperty({ ...before }, name, {
    value: member,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

function parseObject(state: TopicState<unknown>, row: TopicRow, reviver: Reviver): JsonObject {
  const text = row.value.toString('utf8');
  // Node turns what is not UTF-8 into U+FFFD without a word.
  if (text.includes('\uFFFD') && !isUtf8(row.value)) throw unreadable(state, row, 'is not UTF-8.');
  let value: unknown;
  try {
    value = JSON.parse(text, reviver);
  } catch {
    // Without the cause: V8 quotes the payload in its message.
    throw unreadable(state, row, 'is not JSON.');
  }
  if (!isObject(value) || Array.isArray(value)) throw unreadable(state, row, 'is no JSON object.');
  return value;
}

function memberAt(value: unknown, path: string): unknown {
  let at = value;
  for (const name of path.split('.')) {
    if (!isObject(at) || !Object.hasOwn(at, name)) return undefined;
    at = at[name];
  }
  return at;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null;
}

function isPlainDecimal(source: string | undefined): source is string {
  return source !== undefined && /^-?[0-9.]+$/.test(source);
}

/** What is found is kept as UTF-8 in PostgreSQL, which takes no U+0000. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

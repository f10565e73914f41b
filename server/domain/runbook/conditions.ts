import { type Mistake, referenceAt, toText } from './references.ts';
import type { Comparison, Condition, Reference } from './runbook.ts';

type Right = Condition['all'][number]['right'];

const comparisonForm = /\s*(==|!=|<=|>=|<|>)\s*/y;
const andForm = /\s+and\s+/y;
const literalForm = /(?:'([^'\n]*)'|"([^"\n]*)"|(true|false)|(-?\d{1,19}))(?=\s|$)/y;

/** `${step.output} == value`, joined by `and`: all have to hold. Text stands in quotes. */
export function parseCondition(text: string): Condition | Mistake {
  const all: Condition['all'][number][] = [];
  const trimmed = text.trim();
  let at = 0;
  for (;;) {
    const left = referenceAt(trimmed, at);
    if (left === null) return wrong(trimmed, at, 'a reference such as ${step.output}');
    const comparison = match(comparisonForm, trimmed, left.end);
    const is = comparison?.found[1];
    if (comparison === null || !isComparison(is))
      return wrong(trimmed, left.end, 'one of == != < <= > >= (of something that is true or false, == true)');
    const right = parseRight(trimmed, comparison.end);
    if (right === null)
      return wrong(trimmed, comparison.end, 'a whole number, true, false, text in quotes or a reference');
    all.push({ left: left.reference, is, right: right.value });
    if (right.end === trimmed.length) return { text: trimmed, all };
    const and = match(andForm, trimmed, right.end);
    if (and === null)
      return wrong(trimmed, right.end, '“and” or the end (for “or”, write two steps with a condition each)');
    at = and.end;
  }
}

const isComparison = (text: string | undefined): text is Comparison =>
  text !== undefined && ['==', '!=', '<', '<=', '>', '>='].includes(text);

function parseRight(text: string, at: number): { readonly value: Right; readonly end: number } | null {
  const reference = referenceAt(text, at);
  if (reference !== null) return { value: reference.reference, end: reference.end };
  const literal = match(literalForm, text, at);
  if (literal === null) return null;
  const [, single, double, boolean, number] = literal.found;
  const { end } = literal;
  if (boolean !== undefined) return { value: boolean === 'true', end };
  if (number !== undefined)
    return { value: Number.isSafeInteger(Number(number)) ? Number(number) : number, end };
  return { value: single ?? double ?? '', end };
}

function match(form: RegExp, text: string, at: number) {
  form.lastIndex = at;
  const found = form.exec(text);
  return found === null ? null : { found, end: form.lastIndex };
}

const wrong = (text: string, at: number, expected: string): Mistake => ({
  mistake: `after ${JSON.stringify(text.slice(Math.max(0, at - 30), at))} there should be ${expected}`,
});

export type Holds =
  | { readonly kind: 'true' | 'false' }
  /** `missing`: the reference whose value is not there, or can't be compared so. */
  | { readonly kind: 'unknown'; readonly missing: string };

/**
 * Whether all of it holds. What is false stays so whatever else is missing. `valueFor` answers undefined or null where
 * there is no value (yet).
 */
export function evaluateCondition(condition: Condition, valueFor: (reference: Reference) => unknown): Holds {
  let unknown: Holds | null = null;
  for (const { left, is, right } of condition.all) {
    const holds = compareOne(left, is, right, valueFor);
    if (holds.kind === 'false') return holds;
    if (holds.kind === 'unknown') unknown ??= holds;
  }
  return unknown ?? { kind: 'true' };
}

function compareOne(
  left: Reference,
  is: Comparison,
  right: Right,
  valueFor: (reference: Reference) => unknown,
): Holds {
  const a = valueFor(left) ?? null;
  if (a === null) return { kind: 'unknown', missing: toText(left) };
  let b: unknown = right;
  if (typeof right === 'object') {
    b = valueFor(right) ?? null;
    if (b === null) return { kind: 'unknown', missing: toText(right) };
  }
  const order = orderOf(a, b);
  if (is === '==' || is === '!=') {
    const same = order === null ? a === b : order === 0;
    return { kind: same === (is === '==') ? 'true' : 'false' };
  }
  if (order === null) return { kind: 'unknown', missing: toText(left) };
  const holds = { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[is];
  return { kind: holds ? 'true' : 'false' };
}

/** Whole numbers and offsets compare by what they come to; whatever else has no order. */
function orderOf(a: unknown, b: unknown): number | null {
  const left = wholeNumber(a);
  const right = wholeNumber(b);
  if (left === null || right === null) return null;
  return left < right ? -1 : left > right ? 1 : 0;
}

function wholeNumber(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : null;
  return typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? BigInt(value) : null;
}

import type { DerivedState, Scalar } from '../contract/index.ts';
import { isPromise, refusePromise } from '../replay/index.ts';
import { decimalOf } from '../shared/decimals.ts';
import type { Discrepancy, FieldDifference } from './types.ts';

type Fields = Readonly<Record<string, Scalar>>;

/** A number or decimal text in one form: `12.50` and 12.5 are the same figure. null where it is no figure. */
function figure(value: Scalar): string | null {
  const text = decimalOf(value);
  if (text === null) return null;
  const [whole = '0', fraction = ''] = text.split('.');
  const tail = fraction.replace(/0+$/, '');
  const head = whole.replace(/^(-?)0+(?=\d)/, '$1');
  const joined = tail === '' ? head : `${head}.${tail}`;
  return joined === '-0' ? '0' : joined;
}

/**
 * Whether two scalars are the same value. A store may hold a figure as decimal text where it does not fit a
 * number exactly, so figures are compared as decimals; words are never taken for figures' equals otherwise.
 */
export function sameScalar(a: Scalar, b: Scalar): boolean {
  if (a === b) return true;
  if (typeof a === 'string' && typeof b === 'string') return false;
  const left = figure(a);
  return left !== null && left === figure(b);
}

/** live − history, where both are figures that a number holds; null otherwise. */
export function deltaOf(history: Scalar, live: Scalar): number | null {
  const left = figure(history);
  const right = figure(live);
  if (left === null || right === null) return null;
  const delta = Number(right) - Number(left);
  return Number.isFinite(delta) ? delta : null;
}

/**
 * What the columns of a derived state should hold for this replayed state; null where no row should exist. Throws
 * what the contract's own functions throw, and a TypeError where they answer nothing that a column holds.
 */
export function expectedFields(definition: DerivedState<unknown>, state: unknown): Fields | null {
  if (definition.exists && !definition.exists(state)) return null;
  const fields: Record<string, Scalar> = {};
  for (const [name, field] of Object.entries(definition.fields)) {
    const value: unknown = field.expected(state) ?? null;
    if (!isScalar(value)) {
      const what = isPromise(value) ? refusePromise(value) : 'answered with what no column holds.';
      throw new TypeError(`fields.${name}.expected ${what}`);
    }
    // No store holds it, and over it there is no digest: what differs could not be recorded (RFC 8785, 3.2.2.2).
    if (typeof value === 'string' && !value.isWellFormed())
      throw new TypeError(
        `fields.${name}.expected answered with text that is not well-formed Unicode: it is cut within a character.`,
      );
    fields[name] = value;
  }
  return fields;
}

/**
 * The same for showing it, where the contract failing to say it is null as well: that derived state is recorded as
 * one that could not be compared, and the others are shown.
 */
export function expectedOrNull(definition: DerivedState<unknown>, state: unknown): Fields | null {
  try {
    return expectedFields(definition, state);
  } catch {
    return null;
  }
}

function isScalar(value: unknown): value is Scalar {
  return (
    value === null || typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
  );
}

/** Both sides of one key: expected by history (null: no row should exist) and found live (null: no row). */
export type RowPair = {
  readonly derivedState: string;
  readonly key: string;
  readonly partition: number;
  readonly expected: Fields | null;
  readonly live: Fields | null;
};

/** The discrepancy of one key, or null where both sides agree. `delta` is live − history. */
export function compareRow(pair: RowPair): Discrepancy | null {
  const { expected, live } = pair;
  if (expected === null && live === null) return null;
  const names = Object.keys(expected ?? live ?? {}).toSorted();
  const all = names.map((field): FieldDifference => {
    const history = expected?.[field] ?? null;
    const found = live?.[field] ?? null;
    return { field, history, live: found, delta: deltaOf(history, found) };
  });
  const kind = expected === null ? 'extra' : live === null ? 'missing' : 'different';
  const fields = kind === 'different' ? all.filter((each) => !sameScalar(each.history, each.live)) : all;
  if (fields.length === 0 && kind === 'different') return null;
  return {
    derivedState: pair.derivedState,
    key: pair.key,
    partition: pair.partition,
    kind,
    fields,
    magnitude: magnitudeOf(fields),
  };
}

/** What the list is sorted by: the largest figure that is off; 1 where none is a figure. */
export function magnitudeOf(fields: readonly FieldDifference[]): number {
  let largest = 0;
  for (const { delta, history, live } of fields) {
    const one = delta ?? Number(figure(history ?? live) ?? 0);
    if (Number.isFinite(one)) largest = Math.max(largest, Math.abs(one));
  }
  return largest === 0 ? 1 : largest;
}

/**
 * Keys in the order of their UTF-8 bytes, which is PostgreSQL's COLLATE "C". JavaScript compares UTF-16 units, which
 * differs beyond the basic plane: a surrogate sorts before U+E000–U+FFFF there and after it in bytes.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above every other unit. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x10000 : unit;
}

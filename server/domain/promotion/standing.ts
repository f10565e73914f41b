import type { Scalar } from '../contract/index.ts';
import { deltaOf, type FieldDifference, sameScalar } from '../reconciliation/index.ts';
import type { Change } from './plan.ts';

type Fields = Readonly<Record<string, Scalar>>;

/** What is to be written for one key. */
export type Write =
  | { readonly kind: 'update'; readonly key: string; readonly fields: Fields }
  | { readonly kind: 'insert'; readonly key: string; readonly fields: Fields }
  | { readonly kind: 'delete'; readonly key: string };

export type Standing =
  | { readonly outcome: 'written'; readonly write: Write }
  | { readonly outcome: 'already-right' }
  | { readonly outcome: 'changed'; readonly why: string };

const right: Standing = { outcome: 'already-right' };
const changed = (why: string): Standing => ({ outcome: 'changed', why });

/**
 * Whether an approved change still stands where the target's position rows are locked, and what it comes to there.
 * Later events may have moved both sides: a figure stands while live is off by what was approved, and anything else
 * while both sides are what they were. A row that is missing or extra has one side only, and stands as it was seen. What has become another difference was approved by nobody.
 * @param expected what the row should hold at the locked position; null: no row should exist
 * @param live the row as it stands; null: there is none
 */
export function standingOf(approved: Change, expected: Fields | null, live: Fields | null): Standing {
  switch (approved.kind) {
    case 'missing':
      return missing(approved, expected, live);
    case 'extra':
      return extra(approved, expected, live);
    case 'different':
      return different(approved, expected, live);
  }
}

function missing({ key, fields }: Change, expected: Fields | null, live: Fields | null): Standing {
  if (live === null) {
    if (expected === null) return right;
    if (fields.every((field) => sameScalar(field.history, expected[field.field] ?? null)))
      return { outcome: 'written', write: { kind: 'insert', key, fields: expected } };
    return changed('The row is still missing, and by now it should hold something else.');
  }
  if (expected !== null && agree(expected, live)) return right;
  return changed('There is a row by now, and it holds something else.');
}

function extra({ key, fields }: Change, expected: Fields | null, live: Fields | null): Standing {
  if (live === null)
    return expected === null ? right : changed('There is no row any more, and by now there should be one.');
  if (expected !== null)
    return agree(expected, live) ? right : changed('By now there should be a row, with other values.');
  if (fields.every((field) => sameScalar(field.live, live[field.field] ?? null)))
    return { outcome: 'written', write: { kind: 'delete', key } };
  return changed('The row has been changed since.');
}

function different({ key, fields }: Change, expected: Fields | null, live: Fields | null): Standing {
  if (expected === null || live === null)
    return expected === live
      ? right
      : changed(live === null ? 'The row is gone.' : 'No row should be there.');
  const set: Record<string, Scalar> = {};
  for (const field of fields) {
    const now = { history: expected[field.field] ?? null, live: live[field.field] ?? null };
    if (sameScalar(now.history, now.live)) continue;
    if (!stillStands(field, now))
      return changed(`${field.field} is off by something else than was approved.`);
    set[field.field] = now.history;
  }
  if (Object.keys(set).length === 0) return right;
  return { outcome: 'written', write: { kind: 'update', key, fields: set } };
}

type Sides = { readonly history: Scalar; readonly live: Scalar };

function stillStands(approved: FieldDifference, now: Sides): boolean {
  if (sameScalar(approved.history, now.history) && sameScalar(approved.live, now.live)) return true;
  const delta = deltaOf(now.history, now.live);
  if (approved.delta === null || delta === null) return false;
  const figures = [approved.history, approved.live, now.history, now.live].map(Number);
  return sameAmount(approved.delta, delta, figures);
}

/** Decimals are subtracted in binary, and differ in their last digits for one and the same amount; integers do not. */
function sameAmount(a: number, b: number, figures: readonly number[]): boolean {
  if (figures.every(Number.isSafeInteger)) return a === b;
  const largest = Math.max(...figures.map(Math.abs));
  if (largest > Number.MAX_SAFE_INTEGER) return false;
  return Math.abs(a - b) <= 16 * Number.EPSILON * largest;
}

/** Whether a row holds these values. */
export function agree(expected: Fields, live: Fields): boolean {
  return Object.entries(expected).every(([field, value]) => sameScalar(value, live[field] ?? null));
}

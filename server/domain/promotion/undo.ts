import type { DerivedState, Scalar } from '../contract/index.ts';
import { deltaOf, expectedOrNull, sameScalar } from '../reconciliation/index.ts';
import type { Change } from './plan.ts';
import type { KeyOutcome } from './status.ts';

type Fields = Readonly<Record<string, Scalar>>;

/** What a promotion did to one key: the mapped fields before and after; null where no row was there. */
export type PromotedKey = {
  readonly key: string;
  readonly partition: number;
  readonly outcome: KeyOutcome;
  readonly before: Fields | null;
  readonly after: Fields | null;
};

/** The change that brings a key's previous row back; null where nothing was written. */
export function undoing({ key, partition, outcome, before, after }: PromotedKey): Change | null {
  if (outcome !== 'written') return null;
  const names = Object.keys(before ?? after ?? {}).toSorted();
  const fields = names
    .map((field) => {
      const history = before?.[field] ?? null;
      const live = after?.[field] ?? null;
      return { field, history, live, delta: deltaOf(history, live) };
    })
    .filter(({ history, live }) => before === null || after === null || !sameScalar(history, live));
  const kind = before === null ? 'extra' : after === null ? 'missing' : 'different';
  return { key, partition, kind, fields };
}

/**
 * A state like this one whose row would hold these values: what a projection would have had to hold for the row that
 * was there before. Found by putting the value of each field that differs in the place where the state holds the
 * field's own. null where no such place, or more than one, gives exactly this row: then nothing can be said.
 */
export function stateOfRow(definition: DerivedState<unknown>, state: unknown, row: Fields): unknown | null {
  let found = state;
  for (const [field, wanted] of Object.entries(row)) {
    const now = expectedOrNull(definition, found);
    if (now === null) return null;
    if (sameScalar(now[field] ?? null, wanted)) continue;
    const next = placesOf(found, now[field] ?? null)
      .map((place) => withValue(found, place, wanted))
      .filter((each) => onlyChanges(definition, each, now, field, wanted));
    if (next.length !== 1) return null;
    found = next[0];
  }
  return found;
}

function onlyChanges(
  definition: DerivedState<unknown>,
  state: unknown,
  before: Fields,
  field: string,
  wanted: Scalar,
): boolean {
  const row = expectedOrNull(definition, state);
  if (row === null) return false;
  return Object.entries(row).every(([name, value]) =>
    sameScalar(value, name === field ? wanted : (before[name] ?? null)),
  );
}

type Place = readonly string[];

/** Where a state holds this value, in objects and lists alike. */
function placesOf(state: unknown, value: Scalar, at: Place = []): readonly Place[] {
  if (isObject(state))
    return Object.entries(state).flatMap(([name, each]) => placesOf(each, value, [...at, name]));
  return state === value ? [at] : [];
}

function withValue(state: unknown, [name, ...rest]: Place, value: Scalar): unknown {
  if (name === undefined) return value;
  if (Array.isArray(state))
    return state.map((each, at) => (String(at) === name ? withValue(each, rest, value) : each));
  if (!isObject(state)) return state;
  return { ...state, [name]: withValue(Reflect.get(state, name), rest, value) };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

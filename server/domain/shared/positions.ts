declare const positionBrand: unique symbol;

/**
 * A place in one partition of a history: a Kafka offset, or the position of a row in an event table.
 * bigint inside, decimal text on the wire; every comparison of positions goes through this module.
 */
export type Position = bigint & { readonly [positionBrand]: 'Position' };

/** Decimal text of a position, as it stands in JSON and in URLs. */
export type PositionText = string & { readonly [positionBrand]: 'PositionText' };

export function position(value: bigint | number): Position {
  return BigInt(value) as Position;
}

export function positionText(value: Position): PositionText {
  return value.toString() as PositionText;
}

export function comparePositions(a: Position, b: Position): -1 | 0 | 1 {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The same position as a number, for the hot loop of a fold. Exact up to 2^53 − 1: at a million events a
 * second a partition reaches that after 285 years. Throws a RangeError beyond it rather than rounding.
 */
export function exactNumber(value: bigint): number {
  const narrowed = Number(value);
  if (!Number.isSafeInteger(narrowed)) throw new RangeError(`position ${value} is beyond 2^53 − 1`);
  return narrowed;
}

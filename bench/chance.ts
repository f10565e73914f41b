/** Chance that can be repeated: the same seed gives the same draws (mulberry32, public domain). */
export type Chance = {
  /** Whether, for that share of all draws. */
  readonly share: (of: number) => boolean;
  /** A whole number, both ends included. */
  readonly between: (least: number, most: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
  /** The first of them often, the last seldom, as contracts and people are. */
  readonly skewed: <T>(from: readonly T[]) => T;
  readonly weighted: <T>(from: readonly (readonly [T, number])[]) => T;
  readonly uuid: () => string;
  readonly key: (ofSoMany: number) => string;
};

export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  const at = <T>(from: readonly T[], index: number): T => {
    const found = from[Math.min(from.length - 1, index)];
    if (found === undefined) throw new Error('there is nothing to draw from');
    return found;
  };
  const hex = (digits: number) => Array.from({ length: digits }, () => between(0, 15).toString(16)).join('');
  return {
    share: (of) => next() < of,
    between,
    pick: (from) => at(from, Math.floor(next() * from.length)),
    skewed: (from) => at(from, Math.floor(next() ** 2 * from.length)),
    weighted: (from) => {
      let left = next() * from.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [value, weight] of from) {
        left -= weight;
        if (left < 0) return value;
      }
      return at(from, from.length - 1)[0];
    },
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'[between(0, 3)]}${hex(3)}-${hex(12)}`,
    key: (ofSoMany) => `SKU-${String(between(1, ofSoMany)).padStart(5, '0')}`,
  };
}

/** 1947 → `1,947`, as the pages print it: a figure in a sentence stands beside the same one in a table. */
export function grouped(count: number | bigint): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 event`, `1,947 events`. */
export const counted = (count: number | bigint, word: string): string =>
  `${grouped(count)} ${count === 1 || count === 1n ? word : `${word}s`}`;

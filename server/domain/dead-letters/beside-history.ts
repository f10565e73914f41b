/** What is said of a difference whose state has reprocessed edited events that its history does not hold. */
export const besideHistory = (which: string): string =>
  ` The state has reprocessed what its history does not hold, ${which}, so it may differ by that until the correction stands in the history too.`;

const said =
  /^(.*?)( The state has reprocessed what its history does not hold, (?:the last of \d+ edited events|edited) [^:]*, so it may differ by that until the correction stands in the history too\.)$/s;

/** The sentence before that, which may hold words of others, and that, which is ours alone; null: it is not said. */
export function splitBesideHistory(
  sentence: string,
): readonly [before: string, besideHistory: string] | null {
  const [, before, ours] = said.exec(sentence) ?? [];
  return before === undefined || ours === undefined ? null : [before, ours];
}

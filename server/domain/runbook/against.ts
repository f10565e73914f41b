/** What a file is held against besides itself. */
export type Against = {
  /** YYYY-MM-DD: no calendar on earth shows a later day yet. */
  readonly today: string;
  readonly contracts: KnownContracts;
};

export type KnownContracts = {
  readonly ids: readonly string[];
  /** What was looked at, as in “registered” or “files under contracts”. */
  readonly where: string;
};

const MOST_NAMED = 20;

/** null: there is this contract. */
export function noSuchContract(id: string, { ids, where }: KnownContracts): string | null {
  if (ids.includes(id)) return null;
  const named = ids.toSorted().slice(0, MOST_NAMED).join(', ');
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : '';
  return `there is no contract ${JSON.stringify(id)} (${where}: ${ids.length === 0 ? 'none' : `${named}${more}`})`;
}

/** The last place on earth where a day begins is 14 hours ahead (ISO 8601 +14:00, Line Islands). */
export const latestDay = (now: Date): string =>
  new Date(now.getTime() + 14 * 3_600_000).toISOString().slice(0, 10);

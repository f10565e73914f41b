/** Times of incidents by the month in which they were recovered. */
export type MonthFigures = {
  /** `2026-11`, in UTC. */
  readonly month: string;
  readonly count: number;
  readonly detect: Spread | null;
  readonly acknowledge: Spread | null;
  readonly recover: Spread | null;
};

/** Of those that were measured; how many these are. */
export type Spread = { readonly medianMs: number; readonly worstMs: number; readonly count: number };

export type TimedIncident = {
  readonly recoveredAt: Date;
  readonly detectMs: number | null;
  readonly acknowledgeMs: number | null;
  readonly recoverMs: number | null;
};

/** The last months, this one included; a month without an incident has none of these figures, and no zero. */
export function byMonth(
  incidents: readonly TimedIncident[],
  months: number,
  now: Date,
): readonly MonthFigures[] {
  const monthOf = (at: Date) => at.toISOString().slice(0, 7);
  return Array.from({ length: months }, (_, at) => {
    const month = monthOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - (months - 1 - at), 1)));
    const of = incidents.filter(({ recoveredAt }) => monthOf(recoveredAt) === month);
    return {
      month,
      count: of.length,
      detect: spreadOf(of.map(({ detectMs }) => detectMs)),
      acknowledge: spreadOf(of.map(({ acknowledgeMs }) => acknowledgeMs)),
      recover: spreadOf(of.map(({ recoverMs }) => recoverMs)),
    };
  });
}

/** The median of an even number is the mean of the two in the middle. */
export function spreadOf(all: readonly (number | null)[]): Spread | null {
  const known = all.flatMap((each) => (each === null ? [] : [each])).toSorted((one, other) => one - other);
  const worstMs = known.at(-1);
  const [low, high] = [known[Math.floor((known.length - 1) / 2)], known[Math.floor(known.length / 2)]];
  if (worstMs === undefined || low === undefined || high === undefined) return null;
  return { medianMs: (low + high) / 2, worstMs, count: known.length };
}

/** Days within which the same cause, or kind of failure, counts as coming back. */
export const RECURRING_DAYS = 90;

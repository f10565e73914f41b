const QUARTER_MS = 15 * 60_000;
const MINUTE_MS = 60_000;

/** Every time zone's months begin at a full quarter of an hour, so that no stretch lies in two of them. */
export type Stretch<T> = {
  readonly from: Date;
  readonly to: Date;
  readonly items: readonly T[];
};

/** Things by the quarter of an hour that they are of; a stretch begins with its first and ends after its last. */
export function stretchesOf<T>(items: readonly T[], atMs: (item: T) => number): readonly Stretch<T>[] {
  const quarters = new Map<number, T[]>();
  for (const item of items) {
    const quarter = Math.floor(atMs(item) / QUARTER_MS);
    const known = quarters.get(quarter);
    if (known === undefined) quarters.set(quarter, [item]);
    else known.push(item);
  }
  return [...quarters.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, of]) => {
      let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (const item of of) {
        first = Math.min(first, atMs(item));
        last = Math.max(last, atMs(item));
      }
      return { from: new Date(first), to: new Date(last + 1), items: of };
    });
}

export const countNames = [
  'events',
  'redelivered',
  'conflicting',
  'undecodable',
  'withoutId',
  'missing',
  'sent',
  'lost',
  'late',
  'unsent',
  'untold',
] as const;
export type CountName = (typeof countNames)[number];

/** Counts by the minute of what is counted. */
export class MinuteCounts {
  private readonly minutes = new Map<number, Partial<Record<CountName, number>>>();

  add(atMs: number, name: CountName, count = 1): void {
    if (count === 0) return;
    const minute = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    const counts = this.minutes.get(minute) ?? {};
    counts[name] = (counts[name] ?? 0) + count;
    this.minutes.set(minute, counts);
  }

  rows(): readonly {
    readonly minute: Date;
    readonly counts: Readonly<Partial<Record<CountName, number>>>;
  }[] {
    return [...this.minutes].map(([minute, counts]) => ({ minute: new Date(minute), counts }));
  }
}

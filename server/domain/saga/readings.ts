/** One attempt to undo a step. */
export type Attempt = {
  readonly key: string;
  readonly step: string;
  readonly atMs: number;
  readonly failed: boolean;
};

/** Attempts of a stretch of time that lies in one month of every time zone. */
export type AttemptCount = {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly total: number;
  readonly failed: readonly Attempt[];
};

/** Every time zone of the world begins its months at a quarter of an hour of UTC. */
const QUARTER_MS = 15 * 60_000;

/** Counts attempts by quarters of an hour, so that none is counted into a month that it was not in. */
export function countAttempts(attempts: readonly Attempt[]): readonly AttemptCount[] {
  const quarters = Map.groupBy(attempts, ({ atMs }) => Math.floor(atMs / QUARTER_MS));
  return [...quarters]
    .sort(([a], [b]) => a - b)
    .map(([, some]) => ({
      fromMs: Math.min(...some.map(({ atMs }) => atMs)),
      toMs: Math.max(...some.map(({ atMs }) => atMs)) + 1,
      total: some.length,
      failed: some.filter(({ failed }) => failed),
    }));
}

/** The age of a contract's latest trusted evidence, as a budget that runs out by itself. */
export type AgeBudget = {
  /** `no-limit`: the contract does not say how old it may be. `never`: nothing trusted has been recorded yet. */
  readonly status: 'no-limit' | 'never' | 'within' | 'overdue';
  readonly allowedMs: number | null;
  /** null where nothing trusted has been recorded. */
  readonly ageMs: number | null;
  /** What is left of what is allowed; below 0 once it is overdue. */
  readonly leftMs: number | null;
  /** Share of what is allowed; above 1 once it is overdue. */
  readonly used: number | null;
  /** When it runs out, or ran out, ISO 8601. */
  readonly runsOutAt: string | null;
};

const HOUR_MS = 3_600_000;

/** `latestTrustedAt`: when the latest trusted evidence of the whole history was recorded, ISO 8601. */
export function assessAge(
  given: { readonly maxAgeHours: number | null; readonly latestTrustedAt: string | null },
  now: Date,
): AgeBudget {
  const { maxAgeHours, latestTrustedAt } = given;
  const recordedMs = latestTrustedAt === null ? null : Date.parse(latestTrustedAt);
  // A worker's clock may be ahead of this one: what was recorded a moment from now is not younger than now.
  const ageMs = recordedMs === null ? null : Math.max(0, now.getTime() - recordedMs);
  const allowedMs = maxAgeHours === null ? null : maxAgeHours * HOUR_MS;
  if (allowedMs === null || ageMs === null || recordedMs === null) {
    const status = allowedMs === null ? 'no-limit' : 'never';
    return { status, allowedMs, ageMs, leftMs: null, used: null, runsOutAt: null };
  }
  const leftMs = allowedMs - ageMs;
  return {
    status: leftMs < 0 ? 'overdue' : 'within',
    allowedMs,
    ageMs,
    leftMs,
    used: ageMs / allowedMs,
    runsOutAt: new Date(recordedMs + allowedMs).toISOString(),
  };
}

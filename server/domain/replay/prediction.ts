/** What an earlier replay took: events processed, and milliseconds from its start to its end. */
export type PastRate = { readonly events: number; readonly ms: number };

/** How long a replay should take. `null`: there is nothing to tell it from. */
export type Prediction = {
  readonly events: number;
  readonly seconds: number | null;
  /** What the seconds were told from, as a clause. */
  readonly basis: string | null;
};

/** From the pace of earlier replays, and from the replay's own limit where that is the slower of the two. */
export function predictReplay(
  events: number,
  past: readonly PastRate[],
  rateLimit: number | null = null,
): Prediction {
  const read = past.reduce((sum, rate) => sum + rate.events, 0);
  const ms = past.reduce((sum, rate) => sum + rate.ms, 0);
  const atPace = read > 0 && ms > 0 ? (events / read) * (ms / 1000) : null;
  const atLimit = rateLimit === null ? null : events / rateLimit;
  if (atLimit !== null && atLimit > (atPace ?? 0))
    return { events, seconds: atLimit, basis: `its own limit of ${rateLimit} events/s` };
  if (atPace === null) return { events, seconds: null, basis: null };
  const replays = past.length === 1 ? 'the last replay' : `the last ${past.length} replays`;
  return {
    events,
    seconds: atPace,
    basis: `${replays} of this contract, ${Math.round((read / ms) * 1000)} events/s`,
  };
}

import { type Counted, lookBacks, type Measured, MINUTE_MS, type Span, type Tick } from '../budget/index.ts';

/** What the store sums up in SQL, in a few lines to hold it against: a tick counts by the part of it that is asked for. */
export function sumTicks(ticks: readonly Tick[], span: Span, excluded: readonly Span[] = []): Counted {
  const within = (atMs: number, { fromMs, toMs }: Span) =>
    Math.max(0, Math.min(atMs + MINUTE_MS, toMs) - Math.max(atMs, fromMs)) / MINUTE_MS;
  const clipped = excluded.map(({ fromMs, toMs }) => ({
    fromMs: Math.max(fromMs, span.fromMs),
    toMs: Math.min(toMs, span.toMs),
  }));
  let [total, bad, unknown, excludedBad] = [0, 0, 0, 0];
  for (const tick of ticks) {
    const out = clipped.reduce((sum, each) => sum + within(tick.atMs, each), 0);
    const kept = within(tick.atMs, span) - out;
    total += tick.total * kept;
    bad += tick.bad * kept;
    unknown += tick.unknown * kept;
    excludedBad += tick.bad * out;
  }
  const excludedMs = clipped.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, toMs - fromMs), 0);
  return { total, bad, unknown, excludedBad, excludedMs };
}

/** All that a standing is decided from, of these ticks. */
export function measuredOf(
  ticks: readonly Tick[],
  window: Span,
  nowMs: number,
  excluded: readonly Span[] = [],
): Measured {
  const sum = (fromMs: number) => sumTicks(ticks, { fromMs, toMs: nowMs }, excluded);
  return {
    window: sum(window.fromMs),
    lookBacks: new Map(lookBacks.map((ms) => [ms, sum(nowMs - ms)])),
    excluded,
    firstMs: ticks.length === 0 ? null : Math.min(...ticks.map(({ atMs }) => atMs)),
    isMeasured: ticks.some(({ atMs }) => atMs + MINUTE_MS > window.fromMs && atMs < nowMs),
  };
}

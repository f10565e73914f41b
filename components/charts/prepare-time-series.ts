/** What a chart over time needs beside its points: ticks of its own, and a domain that the data can't shrink. */
export type TimePoint = { readonly atMs: number; readonly low: number | null; readonly high: number | null };

/** As the renderer takes it: `range` is the band from the least to the most. */
export type ChartPoint = {
  readonly atMs: number;
  readonly high: number | null;
  readonly range: readonly [number, number] | null;
};

export function toChartPoints(points: readonly TimePoint[]): readonly ChartPoint[] {
  return points.map(({ atMs, low, high }) => ({
    atMs,
    high,
    range: low === null || high === null ? null : [low, high],
  }));
}

const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 14400].map(
  (minutes) => minutes * 60_000,
);
const TIME_TICKS = 8;

/** Whole steps of the clock (UTC) within the range, at most eight. */
export function timeTicks(fromMs: number, toMs: number): readonly number[] {
  const step = timeSteps.find((each) => (toMs - fromMs) / each <= TIME_TICKS) ?? (toMs - fromMs) / TIME_TICKS;
  const first = Math.ceil(fromMs / step) * step;
  const count = Math.max(0, Math.floor((toMs - first) / step) + 1);
  return Array.from({ length: count }, (_, at) => first + at * step);
}

/** `14:05` within two days, else `03-14`; in UTC as the whole page. */
export function timeLabel(atMs: number, lengthMs: number): string {
  const iso = new Date(atMs).toISOString();
  return lengthMs > 2 * 86_400_000 ? iso.slice(5, 10) : iso.slice(11, 16);
}

const decimalSteps = [1, 2, 5];
const durationSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
];
const VALUE_TICKS = 5;

/** Round values from 0 to past the highest, which `least` may raise: a threshold that lies above all is still drawn. */
export function valueTicks(
  points: readonly TimePoint[],
  { least, unit }: { readonly least: number; readonly unit: 'count' | 'ms' },
): readonly number[] {
  const top = Math.max(least, ...points.map(({ high }) => high ?? 0), 1);
  const step = unit === 'ms' ? durationStep(top) : decimalStep(top);
  const count = Math.ceil((top * 1.02) / step);
  return Array.from({ length: count + 1 }, (_, at) => at * step);
}

function durationStep(top: number): number {
  if (top < 5_000) return decimalStep(top);
  const found = durationSteps.find((seconds) => top / (seconds * 1_000) <= VALUE_TICKS);
  return found === undefined ? decimalStep(top / 86_400_000) * 86_400_000 : found * 1_000;
}

function decimalStep(top: number): number {
  for (let power = 1; ; power *= 10)
    for (const each of decimalSteps) if (top / (each * power) <= VALUE_TICKS) return each * power;
}

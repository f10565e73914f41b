import { valueTicks } from './prepare-time-series.ts';

/** Milliseconds of the incidents of one month; null: nothing was measured in it. */
export type MonthSpans = {
  /** `2026-11` */
  readonly month: string;
  readonly detect: Median;
  readonly acknowledge: Median;
  readonly recover: Median;
};
type Median = { readonly medianMs: number } | null;

export const spanNames = ['detect', 'acknowledge', 'recover'] as const;
export type SpanName = (typeof spanNames)[number];

/** null is a gap, and no zero. */
export type MonthPoint = { readonly month: string } & Readonly<Record<SpanName, number | null>>;

export type MonthTimesData = {
  readonly points: readonly MonthPoint[];
  /** Round spans from 0 to past the longest. */
  readonly ticks: readonly number[];
  readonly top: number;
  /** What is drawn, in a sentence. */
  readonly summary: string;
};

/** What the chart of times by month draws; null: not one was measured. */
export function prepareMonthTimes(months: readonly MonthSpans[]): MonthTimesData | null {
  const points = months.map(
    ({ month, detect, acknowledge, recover }): MonthPoint => ({
      month,
      detect: detect?.medianMs ?? null,
      acknowledge: acknowledge?.medianMs ?? null,
      recover: recover?.medianMs ?? null,
    }),
  );
  const all = points.flatMap((point) => spanNames.flatMap((name) => point[name] ?? []));
  if (all.length === 0) return null;
  const high = Math.max(...all);
  const ticks = valueTicks([{ atMs: 0, low: 0, high }], { least: 0, unit: 'ms' });
  const gaps = points.filter((point) => spanNames.every((name) => point[name] === null)).length;
  return {
    points,
    ticks,
    top: ticks.at(-1) ?? high,
    summary: `Median times to detect, acknowledge and recover over ${points.length} months${gaps === 0 ? '' : `, ${gaps} of them without any`}.`,
  };
}

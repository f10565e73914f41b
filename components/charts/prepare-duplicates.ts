import { valueTicks } from './prepare-time-series.ts';

/** Counts of one stretch of time; null where nothing was measured in it. */
export type StretchCounts = {
  readonly at: string;
  readonly counts: {
    readonly events: number;
    readonly redelivered: number;
    readonly conflicting: number;
    readonly lost: number;
  } | null;
};

export type DuplicatesPoint = {
  readonly atMs: number;
  /** null is a gap, and no zero. */
  readonly redelivered: number | null;
  readonly conflicting: number | null;
  readonly lost: number | null;
};

export type DuplicatesChartData = {
  readonly points: readonly DuplicatesPoint[];
  readonly ticks: readonly number[];
  /** The highest whole number on the axis, so that a chart of nothing has one too. */
  readonly top: number;
  /** Whole numbers from 0 to the top. */
  readonly counts: readonly number[];
  /** What is drawn, in a sentence. */
  readonly summary: string;
};

const TICKS = 6;

/** What the chart of duplicates and losses draws. */
export function prepareDuplicates(stretches: readonly StretchCounts[]): DuplicatesChartData {
  const points = stretches.map(({ at, counts }) => ({
    atMs: Date.parse(at),
    redelivered: counts?.redelivered ?? null,
    conflicting: counts?.conflicting ?? null,
    lost: counts?.lost ?? null,
  }));
  const sum = (name: 'redelivered' | 'conflicting' | 'lost') =>
    points.reduce((total, point) => total + (point[name] ?? 0), 0);
  const highest = Math.max(
    0,
    ...points.map(
      ({ redelivered, conflicting, lost }) => (redelivered ?? 0) + (conflicting ?? 0) + (lost ?? 0),
    ),
  );
  const counts = valueTicks([{ atMs: 0, low: 0, high: highest }], { least: 3, unit: 'count' });
  const step = Math.max(1, Math.floor(points.length / TICKS));
  const gaps = points.filter(({ redelivered }) => redelivered === null).length;
  return {
    points,
    ticks: points.filter((_, at) => at % step === 0).map(({ atMs }) => atMs),
    top: counts.at(-1) ?? highest,
    counts,
    summary: `${sum('redelivered')} redelivered, ${sum('conflicting')} conflicting, ${sum('lost')} lost${gaps === 0 ? '' : `; ${gaps} of ${points.length} stretches were not audited`}.`,
  };
}

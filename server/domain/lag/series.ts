import { isGap } from './time-over.ts';

/** What lay in one stretch of a chart: the least and the most of its samples. null: it was not known. */
export type SeriesBucket = {
  /** Of its first and last sample. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly minRecords: number | null;
  readonly maxRecords: number | null;
  readonly minAgeMs: number | null;
  readonly maxAgeMs: number | null;
};

export type SeriesPoint = Omit<SeriesBucket, 'firstMs' | 'lastMs'> & { readonly atMs: number };

/** So many stretches; with a gap after each of them a chart stays below 300 points. */
export const SERIES_BUCKETS = 150;

const nothing = { minRecords: null, maxRecords: null, minAgeMs: null, maxAgeMs: null };

/** Points of a chart, with one that holds nothing wherever a sample is more than two steps late. */
export function toSeries(buckets: readonly SeriesBucket[], stepMs: number): readonly SeriesPoint[] {
  return buckets.flatMap(({ firstMs, lastMs, ...figures }, at) => {
    const point = { atMs: Math.round((firstMs + lastMs) / 2), ...figures };
    const before = buckets[at - 1];
    if (before === undefined || !isGap(before.lastMs, firstMs, stepMs)) return [point];
    return [{ atMs: Math.round((before.lastMs + firstMs) / 2), ...nothing }, point];
  });
}

/** How samples are kept: as they were taken, and by minute and by hour. */
export const sampleSteps = ['sample', 'minute', 'hour'] as const;
export type SampleStep = (typeof sampleSteps)[number];

export type KeptFor = { readonly sampleMs: number; readonly minuteMs: number };

const LONGEST_OF_SAMPLES_MS = 2 * 3_600_000;
const LONGEST_OF_MINUTES_MS = 2 * 86_400_000;

/** The finest samples that reach so far back and are not too many for a chart. */
export function stepFor(range: { fromMs: number; toMs: number; nowMs: number }, kept: KeptFor): SampleStep {
  const length = range.toMs - range.fromMs;
  const age = range.nowMs - range.fromMs;
  if (length <= LONGEST_OF_SAMPLES_MS && age <= kept.sampleMs) return 'sample';
  if (length <= LONGEST_OF_MINUTES_MS && age <= kept.minuteMs) return 'minute';
  return 'hour';
}

import type { PartitionLag } from './measure.ts';

/** Time between two samples, of which `badMs` was spent over the threshold; both are within `totalMs`. */
export type TimeOver = { readonly totalMs: number; readonly badMs: number; readonly unknownMs: number };

/** Beyond so many steps between two samples nobody knows what was between them. */
const STEPS_UNTIL_GAP = 3;

export function isGap(fromMs: number, toMs: number, stepMs: number): boolean {
  return toMs - fromMs > STEPS_UNTIL_GAP * stepMs;
}

/**
 * How much of the time since the sample before was over the threshold, by what the later sample says. While a record
 * stays unread its age grows by a millisecond a millisecond. So one that is `ageMs` old at the end, and unread, was
 * over for the last `ageMs − overMs` of the interval. What was read in between leaves nothing behind that says how old
 * it was, so an interval in which a reader catches up counts for what is certain: at most one step is left out.
 * A partition that is not known makes the rest of the interval unknown; a gap is unknown as a whole.
 */
export function timeOver(interval: {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly overMs: number;
  /** At `toMs`. */
  readonly partitions: readonly Pick<PartitionLag, 'ageMs'>[];
}): TimeOver {
  const { fromMs, toMs, stepMs, overMs, partitions } = interval;
  const length = Math.max(0, toMs - fromMs);
  if (isGap(fromMs, toMs, stepMs)) return { totalMs: 0, badMs: 0, unknownMs: length };
  let badMs = 0;
  let isWhole = partitions.length > 0;
  for (const { ageMs } of partitions) {
    if (ageMs === null) isWhole = false;
    else badMs = Math.max(badMs, Math.min(length, ageMs - overMs));
  }
  return isWhole
    ? { totalMs: length, badMs, unknownMs: 0 }
    : { totalMs: badMs, badMs, unknownMs: length - badMs };
}

/** Widths for a stacked bar, in percent of the whole. */
export type Sized = { value: number };

/**
 * Shares in percent that add up to at most 100. What is not zero gets at least `leastPercent`, so that 2 of
 * 412,000 is still seen; the largest pays for it. A sum above `total` scales to the sum.
 */
export function segmentWidths(segments: readonly Sized[], total: number, leastPercent = 0.75): number[] {
  const sum = segments.reduce((all, each) => all + Math.max(0, each.value), 0);
  const whole = Math.max(total, sum);
  if (whole === 0) return segments.map(() => 0);
  const widths = segments.map((each) =>
    each.value <= 0 ? 0 : Math.max(leastPercent, (each.value / whole) * 100),
  );
  const over = widths.reduce((all, each) => all + each, 0) - 100;
  if (over <= 0) return widths;
  const largest = widths.indexOf(Math.max(...widths));
  return widths.map((width, at) => (at === largest ? width - over : width));
}

/** The last quarter that was passed, from 0 to 4: progress is announced in quarters and not on every tick. */
export function quarterOf(value: number, total: number): number {
  if (total <= 0) return 0;
  return Math.min(4, Math.max(0, Math.floor((value / total) * 4)));
}

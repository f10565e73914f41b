/** Months with what was found in them; a month in which nothing was is not among them. */
export type MonthCounts = {
  readonly month: string;
  readonly trusted: number;
  readonly suspect: number;
  readonly untrusted: number;
};

export type StripMonth = {
  /** `2026-03` */
  readonly month: string;
  /** `Mar`, and with its year where one begins. */
  readonly label: string;
  /** null: nothing was recorded in it, which is a gap and no zero. */
  readonly counts: Omit<MonthCounts, 'month'> | null;
  /** Heights in percent of the fullest month, from the bottom up; together at most 100. */
  readonly heights: { readonly trusted: number; readonly suspect: number; readonly untrusted: number };
};

const names = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** What there is one of beside thousands is still seen. */
const LEAST_PERCENT = 4;

/** So many months up to the one of `now` (UTC), each with what it is drawn as. */
export function prepareVerdictStrip(
  found: readonly MonthCounts[],
  window: { readonly now: string; readonly months: number },
): readonly StripMonth[] {
  const byMonth = new Map(found.map((each) => [each.month, each]));
  const sum = ({ trusted, suspect, untrusted }: Omit<MonthCounts, 'month'>) => trusted + suspect + untrusted;
  const fullest = Math.max(1, ...found.map(sum));
  const end = new Date(window.now);
  return Array.from({ length: window.months }, (_, at) => {
    const begin = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() - (window.months - 1 - at), 1));
    const month = begin.toISOString().slice(0, 7);
    const counts = byMonth.get(month) ?? null;
    const name = names[begin.getUTCMonth()] ?? '';
    const label = at === 0 || begin.getUTCMonth() === 0 ? `${name} ${begin.getUTCFullYear()}` : name;
    return { month, label, counts, heights: heightsOf(counts, fullest) };
  });
}

function heightsOf(counts: Omit<MonthCounts, 'month'> | null, fullest: number): StripMonth['heights'] {
  if (counts === null) return { trusted: 0, suspect: 0, untrusted: 0 };
  const height = (count: number) => (count === 0 ? 0 : Math.max(LEAST_PERCENT, (count / fullest) * 100));
  const raw = {
    trusted: height(counts.trusted),
    suspect: height(counts.suspect),
    untrusted: height(counts.untrusted),
  };
  // What the least took too much, the tallest gives back.
  const over = raw.trusted + raw.suspect + raw.untrusted - 100;
  if (over <= 0) return raw;
  const tallest = (['trusted', 'suspect', 'untrusted'] as const).reduce((a, b) => (raw[a] >= raw[b] ? a : b));
  return { ...raw, [tallest]: raw[tallest] - over };
}

export type StripGap = { readonly leftPercent: number; readonly widthPercent: number };

/** Where gaps stand on the same stretch of time, in percent; what lies outside of it is cut off. */
export function prepareGaps(
  gaps: readonly { readonly from: string; readonly to: string }[],
  window: { readonly now: string; readonly months: number },
): readonly StripGap[] {
  const end = new Date(window.now);
  const begin = Date.UTC(end.getUTCFullYear(), end.getUTCMonth() - (window.months - 1), 1);
  // The running month has its whole place, as it has in the strip.
  const until = Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 1);
  const place = (at: number) => Math.min(1, Math.max(0, (at - begin) / (until - begin))) * 100;
  return gaps.flatMap(({ from, to }) => {
    const [left, right] = [place(Date.parse(from)), place(Date.parse(to))];
    return right > left ? [{ leftPercent: left, widthPercent: Math.max(0.4, right - left) }] : [];
  });
}

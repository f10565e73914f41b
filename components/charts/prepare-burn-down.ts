import { valueTicks } from './prepare-time-series.ts';

/** What a burn-down is drawn from. Times are milliseconds since 1970; amounts are in the budget's unit. */
export type BurnInput = {
  /** null: a stretch that was not measured. */
  readonly points: readonly {
    readonly atMs: number;
    readonly spent: number | null;
    readonly total: number;
  }[];
  readonly kind: 'time' | 'share' | 'none';
  readonly allowed: number;
  readonly window: { readonly fromMs: number; readonly toMs: number };
  readonly nowMs: number;
  readonly exhaustedAtMs: number | null;
  readonly exclusions: readonly { readonly fromMs: number; readonly toMs: number }[];
};

export type BurnRow = {
  readonly atMs: number;
  /** What is left, in percent of what is allowed; of a budget of nothing, how many were lost. null: a gap. */
  readonly value: number | null;
  /** Where it would be if it were spent evenly; null: there is no such line. */
  readonly ideal: number | null;
  /** From now to where it is exhausted at this rate. */
  readonly forecast: number | null;
};

export type BurnDown = {
  readonly rows: readonly BurnRow[];
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  readonly bands: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Round values of what is drawn, from the lowest to the highest. */
  readonly levels: readonly number[];
  readonly lowest: number;
  readonly highest: number;
};

const TICKS = 6;
/** A forecast is shown as far as what is known is long, thrice: further it would be a line along the edge. */
const AHEAD = 3;

/** Decides what is drawn: gaps stay gaps, bands are cut to what is seen, and the forecast begins where the line ends. */
export function prepareBurnDown(input: BurnInput): BurnDown | null {
  const { points, nowMs, exhaustedAtMs } = input;
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return null;
  const value = (spent: number | null) =>
    spent === null
      ? null
      : input.kind === 'none'
        ? spent
        : input.allowed > 0
          ? 100 - (spent / input.allowed) * 100
          : 100;
  const rows: BurnRow[] = points.map(({ atMs, spent, total }) => ({
    atMs,
    value: value(spent),
    ideal: idealAt(input, atMs, total, last.total),
    forecast: null,
  }));
  const beginMs = Math.max(input.window.fromMs, Math.min(first.atMs, nowMs));
  const left = rows.at(-1)?.value ?? null;
  const isSeen =
    exhaustedAtMs !== null && exhaustedAtMs - nowMs <= AHEAD * Math.max(nowMs - beginMs, 3_600_000);
  if (isSeen && left !== null && input.kind !== 'none') {
    rows[rows.length - 1] = { ...lastOf(rows), forecast: left };
    rows.push({ atMs: exhaustedAtMs, value: null, ideal: idealOfTime(input, exhaustedAtMs), forecast: 0 });
  }
  const endMs = isSeen ? exhaustedAtMs : nowMs;
  const values = rows.flatMap(({ value: each }) => (each === null ? [] : [each]));
  return {
    rows,
    domain: [beginMs, Math.max(endMs, beginMs + 60_000)],
    ticks: ticksOf(beginMs, Math.max(endMs, beginMs + 60_000)),
    bands: input.exclusions
      .map(({ fromMs, toMs }) => ({ fromMs: Math.max(fromMs, beginMs), toMs: Math.min(toMs, endMs) }))
      .filter(({ fromMs, toMs }) => toMs > fromMs),
    ...levelsOf(input.kind, values),
  };
}

/** Counts are whole; percents are quarters of the budget, and coarser where much more was spent than may be. */
function levelsOf(kind: BurnInput['kind'], values: readonly number[]) {
  const highest = Math.max(0, ...values);
  const levels =
    kind === 'none'
      ? valueTicks([{ atMs: 0, low: 0, high: highest }], { least: 0, unit: 'count' })
      : percentLevels(Math.min(0, ...values));
  return { levels, lowest: levels[0] ?? 0, highest: levels.at(-1) ?? highest };
}

const MOST_LEVELS = 6;

function percentLevels(least: number): readonly number[] {
  let step = 25;
  for (let size = 0; (100 - least) / step > MOST_LEVELS; size += 1)
    step = size === 0 ? 50 : 100 * 10 ** Math.floor((size - 1) / 3) * ([1, 2, 5][(size - 1) % 3] ?? 1);
  const below = Math.ceil(-least / step);
  const found = Array.from({ length: below + 1 }, (_, at) => (at - below) * step);
  for (let level = step; level < 100; level += step) found.push(level);
  return [...found.map((level) => level + 0), 100];
}

function lastOf(rows: readonly BurnRow[]): BurnRow {
  const row = rows.at(-1);
  if (row === undefined) throw new Error('a burn-down has at least one point here');
  return row;
}

function idealAt(input: BurnInput, atMs: number, total: number, all: number): number | null {
  // Of a share what may go wrong grows with what is counted, so evenly is by events and not by time.
  if (input.kind === 'share') return all > 0 ? 100 - (total / all) * 100 : null;
  return idealOfTime(input, atMs);
}

function idealOfTime({ kind, window }: BurnInput, atMs: number): number | null {
  if (kind !== 'time') return null;
  const passed = (atMs - window.fromMs) / (window.toMs - window.fromMs);
  return 100 - Math.min(1, Math.max(0, passed)) * 100;
}

const steps = [1, 5, 15, 30, 60, 180, 360, 720, 1_440, 2_880, 7_200, 10_080, 20_160, 43_200].map(
  (m) => m * 60_000,
);

/** At full minutes, hours and days of UTC, never more than a few. */
function ticksOf(fromMs: number, toMs: number): readonly number[] {
  const step = steps.find((each) => (toMs - fromMs) / each <= TICKS) ?? steps.at(-1) ?? toMs - fromMs;
  const found: number[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at <= toMs; at += step) found.push(at);
  return found;
}

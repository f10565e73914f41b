import { grouped } from '../shared/counted.ts';
import { burnRate, type Counted, exhaustedAt, type Pair, pairs, thresholdOf, type Urgency } from './burn.ts';
import type { Objective } from './objective.ts';
import { lengthOf, type Span, windowAt } from './window.ts';

/**
 * Where a budget stands. `unmeasured`: nothing was ever measured in this window. `unknown`: it was meant to be, and what
 * was not measured is no good time. `few`: too few were counted for a share to say anything.
 */
export const budgetStates = ['exhausted', 'burning', 'unknown', 'few', 'within', 'unmeasured'] as const;
export type BudgetState = (typeof budgetStates)[number];

/** Above this part of a look-back that was not measured, a rate is one that it has at least. */
const KNOWN_ENOUGH = 0.1;
/** Of what has just begun to be measured nobody could know more: a step of it is under way. */
const UNDER_WAY_MS = 15_000;

export type LookBack = {
  readonly ms: number;
  /** null: nothing was counted in it. */
  readonly rate: number | null;
  readonly exceeds: boolean;
  /** More than a tenth of it was not measured: the rate is at least this. */
  readonly isPartly: boolean;
};

/**
 * `fires`: both look-backs exceed the threshold. `held`: they do, and a guard keeps it from opening anything. `unknown`:
 * too little was measured to say that they don't. `never`: the look-back is as long as the window.
 */
export type PairVerdict = 'fires' | 'held' | 'below' | 'unknown' | 'never';

export type PairStanding = {
  readonly name: string;
  readonly urgency: Urgency;
  readonly threshold: number;
  readonly spentShare: number;
  readonly long: LookBack;
  readonly short: LookBack;
  readonly verdict: PairVerdict;
  /** Why it fires or does not, as a sentence. */
  readonly why: string;
};

export type Standing = {
  readonly state: BudgetState;
  /** Of a calendar month its end lies ahead; of rolling days it is now. */
  readonly window: Span;
  /** In the unit of the budget: milliseconds, or events. Never less than 0. */
  readonly spent: number;
  readonly allowed: number;
  /** Less than 0 where more was spent than may be. */
  readonly left: number;
  /** Of 1; null: of a budget of nothing there is no share. */
  readonly spentShare: number | null;
  readonly total: number;
  /** Of lag: time that could not be measured, and time in which nobody measured. */
  readonly unknown: number;
  readonly excludedBad: number;
  readonly excludedMs: number;
  readonly pairs: readonly PairStanding[];
  /** At the rate of the last hour; null: not in this window, or exhausted already. */
  readonly exhaustedAtMs: number | null;
};

export type Measured = {
  /** From the window's beginning until now. */
  readonly window: Counted;
  readonly lookBacks: ReadonlyMap<number, Counted>;
  /** What is left out: spans that don't touch each other. */
  readonly excluded: readonly Span[];
  /** When the first was measured; null: nothing ever was. */
  readonly firstMs: number | null;
  /** Whether anything was in this window. */
  readonly isMeasured: boolean;
};

const nothing: Counted = { total: 0, bad: 0, unknown: 0, excludedBad: 0, excludedMs: 0 };

/** Decides where a budget stands at `nowMs`. */
export function standingOf(objective: Objective, measured: Measured, nowMs: number): Standing {
  const { allowance } = objective;
  const window = windowAt(objective.window, objective.timeZone, nowMs);
  const counted = measured.window;
  const spent = Math.max(0, counted.bad);
  const allowed = allowedOf(objective, counted.total);
  const isFew = allowance.kind === 'share' && counted.total < allowance.minimumCount;
  const isExhausted = spent > 0 && spent >= allowed && !isFew;
  const standings =
    allowance.kind === 'none'
      ? []
      : pairs.map((pair) => pairStanding(pair, { objective, measured, nowMs, windowMs: lengthOf(window) }));
  const state = stateOf({ measured, isFew, isExhausted, pairs: standings });
  return {
    state,
    window,
    spent,
    allowed,
    left: allowed - spent,
    spentShare: allowance.kind === 'none' || allowed === 0 ? null : spent / allowed,
    total: counted.total,
    unknown: unknownIn(objective, counted, { fromMs: window.fromMs, toMs: nowMs }, measured),
    excludedBad: counted.excludedBad,
    excludedMs: counted.excludedMs,
    pairs: standings,
    exhaustedAtMs:
      isExhausted || isFew
        ? null
        : forecast(objective, { measured, pairs: standings, window, nowMs, left: allowed - spent }),
  };
}

function allowedOf({ allowance }: Objective, total: number): number {
  switch (allowance.kind) {
    case 'time':
      return allowance.allowedMs;
    case 'share':
      return allowance.share * Math.max(0, total);
    case 'none':
      return 0;
  }
}

function stateOf(of: {
  readonly measured: Measured;
  readonly isFew: boolean;
  readonly isExhausted: boolean;
  readonly pairs: readonly PairStanding[];
}): BudgetState {
  if (of.isExhausted) return 'exhausted';
  if (!of.measured.isMeasured) return 'unmeasured';
  if (of.pairs.some(({ verdict }) => verdict === 'fires')) return 'burning';
  if (of.isFew) return 'few';
  return of.pairs.some(({ verdict }) => verdict === 'unknown') ? 'unknown' : 'within';
}

function forecast(
  objective: Objective,
  of: {
    readonly measured: Measured;
    readonly pairs: readonly PairStanding[];
    readonly window: Span;
    readonly nowMs: number;
    readonly left: number;
  },
): number | null {
  const lastHour = of.pairs[0]?.long;
  if (lastHour === undefined) return null;
  const counted = of.measured.lookBacks.get(lastHour.ms) ?? nothing;
  return exhaustedAt({
    nowMs: of.nowMs,
    window: of.window,
    isRolling: objective.window.kind === 'rolling',
    allowance: objective.allowance,
    rate: lastHour.rate,
    left: of.left,
    perMs: counted.total / lastHour.ms,
  });
}

/**
 * Time of a stretch of which nobody knows how it was. What came before the first measurement is none: nobody had begun.
 * Of events nobody knows how many there were, so none are unknown.
 */
function unknownIn(
  objective: Objective,
  counted: Counted,
  span: Span,
  { firstMs, excluded }: Pick<Measured, 'firstMs' | 'excluded'>,
): number {
  if (objective.allowance.kind !== 'time' || firstMs === null) return counted.unknown;
  const begun = { fromMs: Math.max(span.fromMs, firstMs), toMs: span.toMs };
  // Of what is left out only what lies in it: what came before, or lies ahead, makes no gap any smaller.
  const excludedMs = excluded.reduce((sum, each) => sum + common(each, begun), 0);
  const known = counted.total + counted.unknown + excludedMs;
  // In whole milliseconds: parts of ticks don't add up to the last bit.
  return counted.unknown + Math.max(0, Math.round(lengthOf(begun) - known));
}

const common = (one: Span, other: Span) =>
  Math.max(0, Math.min(one.toMs, other.toMs) - Math.max(one.fromMs, other.fromMs));

type Asked = {
  readonly objective: Objective;
  readonly measured: Measured;
  readonly nowMs: number;
  readonly windowMs: number;
};

function pairStanding(pair: Pair, asked: Asked): PairStanding {
  const threshold = thresholdOf(pair, asked.windowMs);
  const long = lookBack(pair.longMs, threshold, asked);
  const short = lookBack(pair.shortMs, threshold, asked);
  const { verdict, why } = judge(pair, long, short, asked);
  const { name, urgency, spentShare } = pair;
  return { name, urgency, spentShare, threshold, long, short, verdict, why };
}

function lookBack(ms: number, threshold: number, { objective, measured, nowMs, windowMs }: Asked): LookBack {
  const counted = measured.lookBacks.get(ms) ?? nothing;
  const rate = burnRate(objective.allowance, counted, ms, windowMs);
  const span = { fromMs: nowMs - ms, toMs: nowMs };
  const unknown = unknownIn(objective, counted, span, measured);
  const begunMs = Math.min(ms, Math.max(0, nowMs - (measured.firstMs ?? nowMs)));
  return {
    ms,
    rate,
    exceeds: rate !== null && rate > threshold,
    isPartly: objective.allowance.kind === 'time' && unknown > Math.max(begunMs * KNOWN_ENOUGH, UNDER_WAY_MS),
  };
}

function judge(
  pair: Pair,
  long: LookBack,
  short: LookBack,
  asked: Asked,
): { readonly verdict: PairVerdict; readonly why: string } {
  if (pair.longMs >= asked.windowMs)
    return { verdict: 'never', why: 'The look-back is as long as the budget’s whole window.' };
  if (long.exceeds && short.exceeds) {
    const guard = guardOf(pair, asked);
    if (guard !== null) return { verdict: 'held', why: guard };
    return { verdict: 'fires', why: 'Both look-backs exceed the threshold.' };
  }
  const isBelow = (each: LookBack) => !each.exceeds && !each.isPartly;
  if (isBelow(long) || isBelow(short)) return { verdict: 'below', why: whyBelow(long, short) };
  return { verdict: 'unknown', why: 'More than a tenth of the look-back was not measured.' };
}

function whyBelow(long: LookBack, short: LookBack): string {
  if (long.rate === null && short.rate === null) return 'Nothing was counted in either look-back.';
  if (long.exceeds) return 'It is over: the short look-back is not above the threshold.';
  if (short.exceeds) return 'It is new or small: the long look-back is not above the threshold.';
  return 'Neither look-back is above the threshold.';
}

/** Why a pair that exceeds its threshold opens nothing all the same; null: nothing keeps it. */
function guardOf(pair: Pair, { objective: { allowance }, measured }: Asked): string | null {
  const counted = measured.lookBacks.get(pair.longMs) ?? nothing;
  if (allowance.kind === 'time' && counted.bad < allowance.minimumSpentMs)
    return `Held back: ${seconds(counted.bad)} were spent in the long look-back, and it opens nothing below ${seconds(allowance.minimumSpentMs)}.`;
  if (allowance.kind !== 'share') return null;
  if (measured.window.total < allowance.minimumCount)
    return `Held back: ${grouped(measured.window.total)} were counted in this window, and a share says nothing below ${grouped(allowance.minimumCount)}.`;
  if (counted.bad < 2) return 'Held back: one alone is no rate.';
  return null;
}

const seconds = (ms: number) => `${Number((ms / 1_000).toFixed(1))} s`;
